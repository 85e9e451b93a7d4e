"""PatchExplorer: cut a photograph into patches and follow one of them to its numbers and its token.

Notebook 01 plays with it; the drawing and pointing are in patch_explorer.js.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from torch import Tensor

from swin_edu.model.config import Pair
from swin_edu.visuals.checks import Value, one_of, own_picture, within
from swin_edu.visuals.explorer import Explorer, assemble_module
from swin_edu.visuals.patch_facts import (
    TOKEN_LENGTH,
    PatchFacts,
    as_pixels,
    embedding_matrix,
    small_photographs,
)
from swin_edu.visuals.patch_figure import draw_patch

SMALLEST_PATCH, LARGEST_PATCH = 2, 32


class PatchExplorer(Explorer):
    """A photograph in patches: one patch enlarged, its numbers in their order, and its token.

    Everything can be read and set from Python while it is on show, and ``explorer.images`` is the image
    with which `code` gives the numbers on show.

    Args:
        patch_size: side p of a patch in pixels, 2 to 32.
        patch: (row, column) of the chosen patch; left out, one in the middle.
        number: which of the token's 96 numbers shows its weights.
        image: a name (chelsea, astronaut, coffee, rocket, hubble_deep_field), or your own picture as
            (height, width, 3) uint8; its longest side is shrunk to 144 pixels.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.1, "patch partition" and "linear embedding".

    Example:
        >>> PatchExplorer(patch_size=4, patch=(15, 22))
        PatchExplorer(patch_size=4, patch=(15, 22), number=0, image='chelsea')
    """

    _esm = assemble_module("patch_explorer.js")
    _photographs = traitlets.Dict().tag(sync=True)

    patch_size = Value(4).tag(sync=True)
    patch = Value((15, 18)).tag(sync=True)
    number = Value(0).tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)

    state_names = ("patch_size", "patch", "number", "image")

    def __init__(
        self,
        patch_size: int = 4,
        *,
        patch: Pair | None = None,
        number: int = 0,
        image: str | np.ndarray = "chelsea",
        **kwargs: Any,
    ) -> None:
        photographs: Mapping[str, Any] = small_photographs()
        if not isinstance(image, str):
            photographs = {"yours": as_pixels(own_picture(image)), **photographs}
            image = "yours"
        # Checked here, in this order, because traitlets checks in any order.
        within(patch_size, SMALLEST_PATCH, LARGEST_PATCH, "patch_size")
        one_of(image, photographs, "image")
        rows, columns = PatchFacts(photographs[image], patch_size, (0, 0), 0).grid
        patch = (rows // 2, columns // 2) if patch is None else _checked_patch(patch, rows, columns)
        super().__init__(
            _photographs=photographs, patch_size=patch_size, patch=patch, number=number, image=image, **kwargs
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["patch_size", "image"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("patch_size")
    def _check_patch_size(self, proposal: Any) -> int:
        return within(proposal.value, SMALLEST_PATCH, LARGEST_PATCH, "patch_size")

    @traitlets.validate("number")
    def _check_number(self, proposal: Any) -> int:
        return within(proposal.value, 0, TOKEN_LENGTH - 1, "number")

    @traitlets.validate("patch")
    def _check_patch(self, proposal: Any) -> Pair:
        return _checked_patch(proposal.value, *self.facts.grid)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, self._photographs, "image") if self._photographs else proposal.value

    def _settle(self, _: Any) -> None:
        """Keep the patch inside the image after a change of size or image."""
        self.patch = tuple(min(at, count - 1) for at, count in zip(self.patch, self.facts.grid, strict=True))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def facts(self) -> PatchFacts:
        """Everything that follows from the state: the patch's numbers, its token, and the sentence."""
        return PatchFacts(self._photographs[self.image], self.patch_size, self.patch, self.number)

    @property
    def images(self) -> Tensor:
        """The image on show, (1, 3, H, W) float32 in [0, 1], filled up with zeros to whole patches.

        Example:
            >>> PatchExplorer(patch_size=7).images.shape
            torch.Size([1, 3, 126, 147])
        """
        return self.facts.images

    @property
    def weight(self) -> Tensor:
        """The matrix W, (96, p*p*3) float64: random, but the same each time; there is no bias.

        Example:
            >>> PatchExplorer(patch_size=2).weight.shape
            torch.Size([96, 12])
        """
        return embedding_matrix(self.patch_size)

    @property
    def code(self) -> str:
        """The Python line that gives the numbers on show, as the copy button copies it.

        Example:
            >>> PatchExplorer(8, patch=(3, 5)).code
            'patchify(explorer.images, 8)[0, 3, 5]'
        """
        return f"patchify(explorer.images, {self.patch_size})[0, {self.patch[0]}, {self.patch[1]}]"

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> PatchExplorer().picture()[1:4]
            b'PNG'
        """
        return draw_patch(self.facts)


def _checked_patch(value: Any, rows: int, columns: int) -> Pair:
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    whole = all(isinstance(at, int) and not isinstance(at, bool) for at in pair)
    if len(pair) != 2 or not whole or not (0 <= pair[0] < rows and 0 <= pair[1] < columns):
        raise traitlets.TraitError(
            f"patch must be (row, column) on the grid of {rows}x{columns} patches, "
            f"(0, 0) ... ({rows - 1}, {columns - 1}); got {value!r}"
        )
    return pair
