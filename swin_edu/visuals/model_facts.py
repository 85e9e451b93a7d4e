"""What one network costs for one image: shapes, parameters, multiply-adds and memory, part by part.

Notebook 07's explorer and its picture say it; tests hold every number against real networks, and the
explorer's own arithmetic in the browser against these.
"""

from dataclasses import dataclass
from functools import cached_property

from swin_edu.model.config import Pair, SwinConfig
from swin_edu.model.counting import multiply_adds
from swin_edu.model.windows import effective_window, padded_size

PARTS = ("entry", "projections", "attention", "mlp", "norms")
BYTES = 4  # of a float32 number
Counts = dict[str, int]


@dataclass(frozen=True)
class StageFacts:
    """One stage: where its tokens stand, and what each of its parts costs.

    Each of the three counts has the keys of `PARTS`: the entry (patch embedding or merging, with its
    norm), the projections (queries, keys, values, output), attention itself (bias tables; Q K^T and
    weights V), the MLPs, and the two norms of each block.

    Args:
        number: 1 for the first stage, as the paper counts.
        grid: (H, W) tokens.
        channels, heads, depth: C, h, and the number of blocks.
        window, shift: (Mh, Mw) and (sh, sw) as they apply to this grid.
        padded: (Hp, Wp), whole windows.
        parameters: numbers that are learned.
        multiply_adds: of one image.
        memory: bytes that training keeps of one image, see `ModelFacts`.

    Example:
        >>> last = ModelFacts(SwinConfig(), 224, 224).stages[-1]
        >>> last.window, last.shift, last.windows
        ((7, 7), (0, 0), 1)
    """

    number: int
    grid: Pair
    channels: int
    heads: int
    depth: int
    window: Pair
    shift: Pair
    padded: Pair
    parameters: Counts
    multiply_adds: Counts
    memory: Counts

    @property
    def windows(self) -> int:
        """How many windows the stage has."""
        return self.padded[0] // self.window[0] * (self.padded[1] // self.window[1])


@dataclass(frozen=True)
class ModelFacts:
    """A network and an image size; what each stage costs follows.

    Memory is what a training step keeps of one image until the backward pass, in float32: the input of
    each layer, because its weights' gradient needs it (each norm, the patch embedding, each linear
    layer, GELU), and inside attention Q, K, V and the weights after softmax. Padding up to whole windows
    is counted where it takes part. Left out are the weights themselves, their gradients, and two small
    numbers a token in each norm. It holds for plain attention, as the notebooks write it; fused
    kernels on a GPU make the weights anew instead of keeping them.

    Args:
        config: the network's settings.
        height, width: the image in pixels.

    Example:
        >>> facts = ModelFacts(SwinConfig(), 224, 224)
        >>> f"{facts.total('parameters'):,}"
        '28,288,354'
    """

    config: SwinConfig
    height: int
    width: int

    @cached_property
    def stages(self) -> tuple[StageFacts, ...]:
        """The stages, first to last."""
        costs = multiply_adds(self.config, self.height, self.width).stages
        return tuple(
            self._stage(stage, cost.grid, {part: getattr(cost, part, 0) for part in PARTS})
            for stage, cost in enumerate(costs)
        )

    @property
    def head(self) -> dict[str, int]:
        """The last norm and the linear head: "parameters", "multiply_adds", "memory"."""
        c, classes, (h, w) = self.config.stage_channels[-1], self.config.num_classes, self.stages[-1].grid
        return {
            "parameters": 2 * c + (c * classes + classes),
            "multiply_adds": c * classes,
            "memory": BYTES * (h * w * c + (c if classes else 0)),
        }

    def total(self, what: str) -> int:
        """The whole network.

        Args:
            what: "parameters", "multiply_adds" or "memory".
        """
        return sum(sum(getattr(stage, what).values()) for stage in self.stages) + self.head[what]

    def _stage(self, stage: int, grid: Pair, work: Counts) -> StageFacts:
        config, c = self.config, self.config.stage_channels[stage]
        window, shift = effective_window(*grid, config.window, config.shift)
        padded = padded_size(*grid, config.window)
        return StageFacts(
            number=stage + 1,
            grid=grid,
            channels=c,
            heads=config.num_heads[stage],
            depth=config.depths[stage],
            window=window,
            shift=shift if config.depths[stage] > 1 else (0, 0),
            padded=padded,
            parameters=_parameters(config, stage, c),
            multiply_adds=work,
            memory=_memory(config, stage, grid[0] * grid[1], padded[0] * padded[1], window),
        )

    def sentence(self, number: int) -> str:
        """The one sentence under the picture, with the numbers of a stage filled in.

        Args:
            number: 1 for the first stage.

        Example:
            >>> ModelFacts(SwinConfig(), 224, 224).sentence(4)[:73]
            'Stage 4: 7 × 7 tokens of 768 channels are one window, so no block shifts.'
        """
        stage = self.stages[number - 1]
        shares = [
            f"{percent(sum(getattr(stage, what).values()), self.total(what))} {words}"
            for what, words in (
                ("parameters", "of the parameters"),
                ("multiply_adds", "of the work"),
                ("memory", "of the memory"),
            )
        ]
        tokens = f"Stage {number}: {times(stage.grid)} tokens of {stage.channels} channels"
        padding = f", padded to {times(stage.padded)}," if stage.padded != stage.grid else ""
        blocks = "1 block" if stage.depth == 1 else f"{stage.depth} blocks"
        if stage.windows == 1:
            where = f"{tokens} are one window, so no block shifts. {blocks}"
        else:
            where = f"{tokens}{padding} make {stage.windows} windows of {times(stage.window)}. {blocks}"
            if stage.shift == (0, 0):
                where += ", not shifted" if stage.depth == 1 else ", none of them shifted"
            else:
                by = stage.shift[0] if stage.shift[0] == stage.shift[1] else stage.shift
                where += f", every second one shifted by {by}"
        return f"{where}: {shares[0]}, {shares[1]}, {shares[2]}."


def times(pair: Pair) -> str:
    """A size in words.

    Example:
        >>> times((7, 9))
        '7 × 9'
    """
    return f"{pair[0]} × {pair[1]}"


def percent(part: int, whole: int) -> str:
    """A share in words, rounded half up as JavaScript does it.

    Example:
        >>> percent(1, 8), percent(1, 1000)
        ('13 %', '<1 %')
    """
    rounded = (200 * part + whole) // (2 * whole)
    return f"{rounded} %" if rounded or not part else "<1 %"


def _parameters(config: SwinConfig, stage: int, c: int) -> Counts:
    depth, hidden = config.depths[stage], round(c * config.mlp_ratio)
    (mh, mw), p = config.window, config.patch_size
    table = (2 * mh - 1) * (2 * mw - 1) * config.num_heads[stage] * config.relative_position_bias
    return {
        # Patch embedding: convolution with bias, norm. Merging: norm over 2c, linear 2c -> c without bias.
        "entry": 2 * (2 * c) + 2 * c * c if stage else (p * p * config.in_channels * c + c) + 2 * c,
        "projections": depth * ((3 * c * c + 3 * c * config.qkv_bias) + (c * c + c)),
        "attention": depth * table,
        "mlp": depth * ((c * hidden + hidden) + (hidden * c + c)),
        "norms": depth * 2 * (2 * c),
    }


def _memory(config: SwinConfig, stage: int, tokens: int, padded: int, window: Pair) -> Counts:
    c, depth = config.stage_channels[stage], config.depths[stage]
    hidden, n = round(c * config.mlp_ratio), window[0] * window[1]
    numbers = {
        # Merging: what its norm gets and what its linear layer gets, 2c numbers a token each.
        "entry": tokens * 4 * c if stage else tokens * (config.patch_size**2 * config.in_channels + c),
        "projections": depth * 2 * padded * c,
        "attention": depth * padded * (3 * c + n * config.num_heads[stage]),
        "mlp": depth * tokens * (c + 2 * hidden),
        "norms": depth * 2 * tokens * c,
    }
    return {part: BYTES * count for part, count in numbers.items()}
