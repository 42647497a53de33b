"""Why a count is unknown or not exact: a code for labels, a sentence for people."""

NO_STATISTICS = "no_statistics"
NO_METRICS = "no_metrics"
METRICS_DISAGREE = "metrics_disagree"
DELTA_RS_UPDATE = "delta_rs_update"
REPLACE_WHERE = "replace_where"
VECTOR_SWAP = "vector_swap"
UNKNOWN_OPERATION = "unknown_operation"
UNKNOWN_FILES = "unknown_files"
UNKNOWN_FEED = "unknown_feed"
ADDED_AGAIN = "added_again"
VACUUMED = "vacuumed"
UNREADABLE_FEED = "unreadable_feed"

SENTENCES = {
    NO_STATISTICS: "a file of the commit carries no row count in its statistics",
    NO_METRICS: "the commit carries no row metrics and no change feed",
    METRICS_DISAGREE: "the commit's row metrics contradict its file actions",
    DELTA_RS_UPDATE: "delta-rs counts the rows an UPDATE matched, the feed omits unchanged ones",
    REPLACE_WHERE: "a replaceWhere without row metrics may have copied rows",
    VECTOR_SWAP: "two deletion vectors of one file could only be compared by their sizes",
    UNKNOWN_OPERATION: "the commit names no known operation, so rows may have been copied",
    UNKNOWN_FILES: "the commit removed files that the remaining log does not describe",
    UNKNOWN_FEED: "the remaining log does not tell whether a change feed was kept at this version",
    ADDED_AGAIN: "the commit adds a file that was there already, of which engines differ",
    VACUUMED: "the files that hold the commit's changes have been vacuumed",
    UNREADABLE_FEED: "the files that hold the commit's changes could not be read",
}


def sentence(code: str) -> str | None:
    """The sentence of a reason code; None for no reason."""
    return SENTENCES.get(code, code) if code else None
