"""What moves the weights: AdamW, or Muon for the blocks' matrices and AdamW for the rest; what decays.

Notebook 08 builds and compares them; paper, Section 4.1. Muon: Jordan et al. 2024; in PyTorch since 2.9.
"""

from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from swin_edu.model import RelativePositionBias, SwinTransformer, WindowAttention
from swin_edu.training.muon import Muon
from swin_edu.training.settings import TrainingSettings


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Split the parameters into those that weight decay pulls to zero and those that it leaves alone.

    Only matrices and kernels decay. Biases, norms and position bias tables do not: pulling a norm's
    weight or a table to zero would switch it off rather than keep it simple.

    Args:
        model: any network.
        weight_decay: for the first group.

    Returns:
        Two parameter groups for an optimizer: decaying, and not.

    Example:
        >>> [len(group["params"]) for group in parameter_groups(nn.Linear(2, 2), 0.05)]
        [1, 1]
    """
    tables = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, RelativePositionBias)
        for parameter in module.parameters()
    }
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decays = [parameter.ndim >= 2 and id(parameter) not in tables for parameter in parameters]
    return [
        {
            "params": [
                parameter for parameter, decay in zip(parameters, decays, strict=True) if decay is wanted
            ],
            "weight_decay": weight_decay if wanted else 0.0,
        }
        for wanted in (True, False)
    ]


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimizer over the groups of `parameter_groups`.

    Args:
        model: what to train.
        settings: optimizer, learning rate and weight decay.

    Returns:
        The optimizer; the loop sets the learning rate of every step.

    Example:
        >>> make_optimizer(nn.Linear(2, 2), TrainingSettings()).param_groups[1]["weight_decay"]
        0.0
    """
    decaying, other = parameter_groups(model, settings.weight_decay)
    # On a GPU, one kernel for all weights.
    fused = {"fused": True} if next(model.parameters()).is_cuda else {}
    if settings.optimizer == "adamw":
        return torch.optim.AdamW([decaying, other], lr=settings.learning_rate, **fused)
    matrices = _block_matrices(model)
    taken = {id(parameter) for group in matrices for parameter in group["params"]}
    decaying["params"] = [parameter for parameter in decaying["params"] if id(parameter) not in taken]
    rates = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    return Together(Muon(matrices, **rates), torch.optim.AdamW([decaying, other], **rates, **fused))


def _block_matrices(model: nn.Module) -> list[dict[str, Any]]:
    """What turns tokens into tokens, in blocks and mergings; not the embedding, not the head."""
    blocks = model.stages if isinstance(model, SwinTransformer) else model
    attentions = [module for module in blocks.modules() if isinstance(module, WindowAttention)]
    joined = [attention.qkv.weight for attention in attentions]
    others = [
        module.weight
        for module in blocks.modules()
        if isinstance(module, nn.Linear) and all(module.weight is not weight for weight in joined)
    ]
    return [{"params": joined, "parts": 3}, {"params": others}]


class Together(torch.optim.Optimizer):
    """Several optimizers that step as one, each on its own weights.

    Args:
        optimizers: that share no weight.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> both = Together(torch.optim.SGD([layer.weight], 0.1), torch.optim.SGD([layer.bias], 0.1))
        >>> len(both.param_groups)
        2
    """

    def __init__(self, *optimizers: torch.optim.Optimizer) -> None:
        self.optimizers = optimizers

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Of all of them; what is changed in a group counts."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all weights."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none)

    def step(self, closure: None = None) -> None:
        """Move all weights once."""
        for optimizer in self.optimizers:
            optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """The states of all, in order."""
        return {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The other way round.

        Raises:
            ValueError: if the states are those of other optimizers.
        """
        for optimizer, state in zip(self.optimizers, state_dict["optimizers"], strict=True):
            optimizer.load_state_dict(state)


class AveragedWeights(AveragedModel):
    """A copy of the network whose weights are a running mean of the original's.

    In the first steps the mean is short: min(decay, (1 + n) / (10 + n)) of it is old after n updates, so that
    the random first weights are soon forgotten.

    Args:
        model: what is trained; ``.module`` is its copy.
        decay: the old mean's share in the new one, 0 to 1.

    Example:
        >>> AveragedWeights(nn.Linear(2, 2), 0.99).module
        Linear(in_features=2, out_features=2, bias=True)
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__(model)
        self.decay = decay

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take the weights of now into the mean; after each step.

        Args:
            model: the original.
        """
        # PyTorch's own sends the count to the GPU, and reading it there would make every step wait.
        count = int(self.n_averaged)
        kept = min(self.decay, (1 + count) / (10 + count)) if count else 0.0
        torch._foreach_lerp_(list(self.module.parameters()), list(model.parameters()), 1 - kept)
        self.n_averaged += 1
