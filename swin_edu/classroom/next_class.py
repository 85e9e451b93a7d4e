"""What to say in the next class about an exercise, in sentences made from what the class did with it.

The teacher's page shows them under each exercise. They ask what the course asks a student; they give no
solution away.
"""

from dataclasses import dataclass

from swin_edu.classroom.class_counts import ONLY_SEEN, RAISED, ExerciseCounts, Group

__all__ = ["LESSONS", "Advice", "Lesson", "next_class"]

MOST = 3  # mistakes that one class can talk about
FEW = 0.05  # above this share it is no longer a matter of one or two people
MOST_OF_ALL = 0.8
MANY = 0.2  # the share of a class from which something is worth everybody's time


@dataclass(frozen=True)
class Lesson:
    """Where a chapter's idea is taught.

    Args:
        notebook: its name, without the ending.
        explorer: what to show on the wall; empty where the lesson has none.

    Example:
        >>> LESSONS["03"].explorer
        'ShiftExplorer'
    """

    notebook: str
    explorer: str = ""


LESSONS = {
    "01": Lesson("01_patches", "PatchExplorer"),
    "02": Lesson("02_windows", "WindowExplorer"),
    "03": Lesson("03_shifted_windows", "ShiftExplorer"),
    "04": Lesson("04_relative_position_bias", "BiasExplorer"),
    "05": Lesson("05_swin_block", "BlockExplorer"),
    "06": Lesson("06_patch_merging", "MergeExplorer"),
    "07": Lesson("07_whole_swin", "ModelExplorer"),
    "08": Lesson("08_train_cifar", "TrainingDashboard"),
    "09": Lesson("09_imagenet_subset", "ModelExplorer"),
}


@dataclass(frozen=True)
class Advice:
    """One thing to say.

    Args:
        about: whom it is about, in numbers and never in names.
        ask: the question for the class, or what to do with it; may be empty.

    Example:
        >>> Advice("4 of 20 mask only the rows.", "What about the left edge?").ask
        'What about the left edge?'
    """

    about: str
    ask: str = ""


def next_class(counts: ExerciseCounts) -> list[Advice]:
    """What to say about an exercise, the most frequent first.

    Args:
        counts: what the class did.

    Returns:
        At least one.

    Example:
        >>> from swin_edu.classroom.class_counts import Group
        >>> next_class(ExerciseCounts("far", 4, 4, (Group("right", "right", ("ada", "bo")),), None))
        [Advice(about='All 2 are right: nothing to repeat.', ask='')]
    """
    everybody = counts.students
    if everybody and counts.count("right") == everybody:
        return [Advice(f"All {everybody} are right: nothing to repeat.")]
    advice = _about_mistakes(counts)
    for group in counts.groups:
        if group.name == ONLY_SEEN and len(group) > FEW * everybody:
            words = "Ask for two other sizes and compare by hand: what in the code fits only some of them?"
            advice.append(Advice(f"{len(group)} of {everybody}: right only for the visible cases", words))
        elif group.name == RAISED and len(group) >= MANY * everybody:
            words = "Read one error message together, the last line first: which shape did you expect there?"
            advice.append(Advice(f"{len(group)} of {everybody}: stopped with an error", words))
    unwritten = counts.count("unwritten")
    if unwritten and unwritten >= MANY * everybody:
        first = counts.exercise.hints[0] if counts.exercise and counts.exercise.hints else ""
        words = f"Begin it together. The first hint: {first}" if first else "Begin it together."
        advice.append(Advice(f"{unwritten} of {everybody}: wrote nothing", words))
    few = "Talk to the few, rather than to the class."
    most = (
        "Nearly everybody is right"
        if counts.count("right") >= MOST_OF_ALL * everybody
        else "Nothing came often"
    )
    return advice or [Advice(most, few)]


def _about_mistakes(counts: ExerciseCounts) -> list[Advice]:
    """Mistakes that lead to the same question are one thing to say."""
    by_hint: dict[str, list[Group]] = {}
    for group in counts.groups:
        if group.kind == "mistake":
            by_hint.setdefault(group.hint, []).append(group)
    sizes = {hint: sum(map(len, groups)) for hint, groups in by_hint.items()}
    often = [hint for hint in by_hint if sizes[hint] > FEW * counts.students]
    advice = []
    for hint in sorted(often, key=lambda hint: -sizes[hint])[:MOST]:
        names = ", ".join(group.name.replace("_", " ") for group in by_hint[hint])
        advice.append(Advice(f"{sizes[hint]} of {counts.students}: {names}", hint))
    return advice
