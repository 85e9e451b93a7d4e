"""The release checks as steps of nbgrader itself, so that no way of releasing goes round them.

`Course.config` puts them first and last in `GenerateAssignment.preprocessors`; nbgrader's pages, its command
line and `swin-edu release` all run them.
"""

import copy

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from swin_edu.classroom.leak_checks import check_release, check_source_notebook
from swin_edu.classroom.release_checks import Finding

__all__ = ["CheckRelease", "CheckSource"]

KEPT = "swin_edu_source"


class CheckSource(NbGraderPreprocessor):
    """The first step: looks at the source version, and keeps it for the last one."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Stop the release where the source version is wrong.

        Args:
            nb: the source version.
            resources: of nbconvert.

        Returns:
            Both, the notebook unchanged.

        Raises:
            RuntimeError: with every finding.
        """
        self._stop(check_source_notebook(nb))
        resources[KEPT] = copy.deepcopy(nb)
        return nb, resources

    def _stop(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.log.error("%s", finding)
        if findings:
            raise RuntimeError("Nothing was released:\n" + "\n".join(map(str, findings)))


class CheckRelease(CheckSource):
    """The last step: looks at what students would get."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Stop the release where something leaks.

        Args:
            nb: the student's version.
            resources: of nbconvert, with the source version that `CheckSource` kept.

        Returns:
            Both, the notebook unchanged.

        Raises:
            RuntimeError: with every finding.
        """
        self._stop(check_release(nb, resources.pop(KEPT)))
        return nb, resources
