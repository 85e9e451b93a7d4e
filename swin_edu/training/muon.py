"""Muon: an update that moves a matrix by equal measure in all of its directions.

Notebook 08 shows what it does to the singular values. Jordan et al. 2024, "Muon: an optimizer for hidden
layers in neural networks". PyTorch's own (`torch.optim.Muon`) computes in bfloat16 everywhere, which takes
some fifteen times as long as float32 on CPUs without bfloat16, and sees query, key and value as one matrix.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

# They drive all singular values towards 1, the small ones fast (Jordan et al.).
COEFFICIENTS = 3.4445, -4.7750, 2.0315
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Momentum, then the nearest matrix without preferred directions, as the update of each matrix.

    Args:
        params: matrices, or groups of them. A group with ``"parts": 3`` holds matrices that are three beside
            each other, such as query, key and value; each part gets its own update.
        lr: learning rate; updates are scaled to be as large as AdamW's, so that it means the same.
        weight_decay: as in AdamW.
        momentum: share of the old in the running mean of gradients.

    Raises:
        ValueError: if a parameter is no matrix, or its rows cannot be shared evenly by the parts.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2, 2))
        >>> weight.grad = torch.diag(torch.tensor([9.0, 1.0]))
        >>> Muon([weight], lr=1.0, weight_decay=0.0).step()
        >>> [round(float(x), 1) for x in weight.detach().diagonal()]
        [-0.2, -0.2]
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        weight_decay: float = 0.05,
        momentum: float = 0.95,
    ) -> None:
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "parts": 1}
        super().__init__(params, defaults)
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.ndim != 2 or matrix.shape[0] % group["parts"]:
                    raise ValueError(
                        f"Muon moves matrices of rows that {group['parts']} parts can share, "
                        f"got shape {tuple(matrix.shape)}; give other weights to AdamW"
                    )

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move all matrices that have a gradient."""
        # Matrices of one shape go through the iteration together.
        waiting: dict[tuple, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                mean = state["momentum"]
                mean.lerp_(matrix.grad, 1 - group["momentum"])
                # Nesterov's form: a look ahead along the mean.
                update = matrix.grad.lerp(mean, group["momentum"])
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                for part, change in zip(
                    matrix.chunk(group["parts"]), update.chunk(group["parts"]), strict=True
                ):
                    waiting[change.shape, change.device, group["lr"]].append((part, change))
        for (shape, _, learning_rate), pairs in waiting.items():
            updates = orthogonalise(torch.stack([change for _, change in pairs]))
            # An orthogonal matrix has entries of mean square 1 / max(shape); AdamW's updates have about 0.2.
            size = 0.2 * max(shape) ** 0.5
            for (part, _), update in zip(pairs, updates, strict=True):
                part.add_(update, alpha=-learning_rate * size)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Bring all singular values near 1 and keep the singular vectors.

    Five rounds of an iteration of Newton and Schulz, each an odd polynomial of the matrix: they leave the
    singular values between 0.7 and 1.2, which is near enough.

    Args:
        matrices: (..., rows, columns), float.

    Returns:
        The same shape and dtype.

    Example:
        >>> values = torch.linalg.svdvals(orthogonalise(torch.diag(torch.tensor([9.0, 3.0, 1.0]))))
        >>> bool(((values > 0.6) & (values < 1.3)).all())
        True
    """
    a, b, c = COEFFICIENTS
    half = matrices.device.type == "cuda"
    result = matrices.bfloat16() if half else matrices
    tall = matrices.shape[-2] > matrices.shape[-1]
    result = result.mT if tall else result
    result = result / result.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    shape, result = result.shape, result.reshape(-1, *result.shape[-2:])
    for _ in range(ITERATIONS):
        square = result @ result.mT
        # In two fused steps, half the time on a CPU: aX + (bS + cSS)X with S = XX^T.
        polynomial = torch.baddbmm(square, square, square, beta=b, alpha=c)
        result = torch.baddbmm(result, polynomial, result, beta=a)
    result = result.reshape(shape)
    return (result.mT if tall else result).to(matrices.dtype)
