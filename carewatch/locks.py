"""Advisory locks of the database: each number stands here, and nowhere else in Python.

SQL cannot read this table; the statements that take a lock name its number, and a test compares
them with it. All begin with 7264, so that they are known among those of other programs.
"""

MIGRATING = 7_264_000
"""Of whoever applies migrations."""
ONLY_PUMP = 7_264_001
"""Of the one pump that may write."""
RECEIVING = 7_264_002
"""Of the pump, once it hears the broker."""
ESCALATING = 7_264_003
"""Shared by all escalators at work."""
KEEPING_THE_DOOR = 7_264_004
"""Shared by all who answer logins."""
KEEPING = 7_264_005
"""Of the one keeper at work."""
CLAIMING = 7_264_006
"""Shared by who writes samples; alone by the keeper that moves a mark (`rollup_claim`)."""
READING_ALL = 7_264_007
"""Shared by who reads all tables as of one instant; alone by the keeper that drops what is packed
(`drop_packed`)."""
MAKING_DAYS = 7_264_008
"""Of who makes the pieces of tables for days to come (`make_days`)."""
APPENDING = 7_264_010
"""Of who appends to the history of alerts, until the commit (alerts/queries.sql)."""
ADMITTING = 7_264_011
"""Of who lets messages to one recipient through (alerts/reach.sql)."""
INSPECTING = 7_264_012
"""Of the one standing audit (alerts/inspection.sql)."""

AT_WORK = {
    "gateway": RECEIVING,
    "escalator": ESCALATING,
    "auth": KEEPING_THE_DOOR,
    "keeper": KEEPING,
}
"""Locks that processes hold on a connection for as long as they work: nobody has to write them,
and they end with their holder. Others see by them who is at work."""
