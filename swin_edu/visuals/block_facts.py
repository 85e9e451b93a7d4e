"""What follows from a BlockExplorer's state, in the library's own numbers: every step, sizes, who hears.

Notebook 05's saved picture and sentence come from here; block_numbers.js computes the same in the browser.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from swin_edu.model.config import Pair
from swin_edu.model.windows import effective_window
from swin_edu.visuals.reach import attention_reach
from swin_edu.visuals.tiny_block import WINDOW, one_thread, run_tiny_blocks, shared_block, tiny_tokens

CHANGE = 0.5  # what is added to each channel of the source, with signs in turn


@dataclass(frozen=True)
class BlockFacts:
    """One state of the explorer, and what the blocks make of it.

    Args: as `BlockExplorer`, all of them.

    Example:
        >>> facts = BlockFacts(8, 8, 2, 1, (3, 2), (7, 7), True, True, False, "chelsea")
        >>> int((facts.heard[-1] > 0).sum())  # without shift, nobody hears beyond the window
        16
    """

    height: int
    width: int
    blocks: int
    block: int
    token: Pair
    source: Pair
    norm_first: bool
    residual: bool
    shift: bool
    image: str

    @property
    def block_shift(self) -> int:
        """The shift that the block on show is made with."""
        return WINDOW // 2 if self.shift and self.block % 2 == 0 else 0

    def kind(self, block: int) -> str:
        """What a block, counted from 1, really is: "plain" or "shifted". One window has nothing to shift."""
        asked = WINDOW // 2 if self.shift and block % 2 == 0 else 0
        _, applied = effective_window(self.height, self.width, WINDOW, asked)
        return "plain" if applied == (0, 0) else "shifted"

    @cached_property
    def history(self) -> Tensor:
        """The tokens before the first block and after each, (blocks + 1, H, W, C)."""
        return self._run(tiny_tokens(self.height, self.width, self.image))

    @cached_property
    def heard(self) -> Tensor:
        """How much each token differs where the source was changed, (blocks + 1, H, W)."""
        changed = self.history[:1].clone()
        signs = torch.tensor([1.0, -1.0]).repeat(changed.shape[-1] // 2)
        changed[0, *self.source] += CHANGE * signs
        return (self._run(changed) - self.history).pow(2).mean(dim=-1).sqrt()

    @cached_property
    def steps(self) -> dict[str, Tensor]:
        """What stands at the seven places of the block on show, each (H, W, C), in the order of the flow."""
        with one_thread():
            return {name: value[0] for name, value in self._run_steps().items()}

    def _run_steps(self) -> dict[str, Tensor]:
        block, z = shared_block(self.block - 1, self.shift), self.history[self.block - 1][None]
        found = {"z": z}
        for name, branch, norm in (
            ("attention", block.attend, block.norm1),
            ("MLP", block.mlp, block.norm2),
        ):
            added = branch(norm(z)) if self.norm_first else branch(z)
            joined = z + added if self.residual else added
            last = "ẑ" if name == "attention" else "new z"
            if self.norm_first:
                found |= {f"normed for {name}": norm(z), name: added, last: joined}
            else:
                found |= {name: added, f"sum with {name}": joined, last: norm(joined)}
            z = found[last]
        return found

    @property
    def company(self) -> int:
        """How many tokens the followed one attends to in the block on show, itself included."""
        reach = attention_reach(self.height, self.width, WINDOW, self.block_shift)
        return int(reach[self.token[0] * self.width + self.token[1]].sum())

    @property
    def spread(self) -> list[float]:
        """How far the tokens are from their mean token, over their length, before and after each block."""
        flat = self.history.flatten(1, 2)
        away = (flat - flat.mean(dim=1, keepdim=True)).norm(dim=-1).mean(dim=1)
        return (away / flat.norm(dim=-1).mean(dim=1)).tolist()

    def size(self, step: str) -> float:
        """The root mean square of the followed token's numbers at one step."""
        return float(self.steps[step][self.token].pow(2).mean().sqrt())

    def sentence(self) -> str:
        """What is seen, in words; block_words.js says the same.

        Example:
            >>> BlockFacts(8, 8, 1, 1, (3, 2), (7, 7), True, True, True, "chelsea").sentence()[:22]
            'Block 1 of 1, plain. T'
        """
        kind = self.kind(self.block)
        start, attention, mlp, end = (self.size(name) for name in ("z", "attention", "MLP", "new z"))
        word = "adds" if self.residual else "replaces it by"
        attended = (
            f"attention, to {self.company} token{'s' if self.company > 1 else ''}, {word} {attention:.2f}"
        )
        heard, count = int((self.heard[-1] > 0).sum()), self.height * self.width
        (r, c), (i, j), after = (
            self.token,
            self.source,
            f"{self.blocks} block{'s' if self.blocks > 1 else ''}",
        )
        return (
            f"Block {self.block} of {self.blocks}, {kind}. Token ({r}, {c}) comes in with size {start:.2f}; "
            f"{attended}, the MLP {mlp:.2f}; it leaves with {end:.2f}. After {after}, the tokens differ by "
            f"{100 * self.spread[-1]:.0f} %, and {heard} of {count} have heard of token ({i}, {j})."
        )

    def _run(self, tokens: Tensor) -> Tensor:
        how = {"norm_first": self.norm_first, "residual": self.residual, "shift": self.shift}
        return run_tiny_blocks(self.height, self.width, self.blocks, tokens=tokens, **how)
