"""Routes that third-party code answers, one by one, with the event type that records their use, or why none does. An unlisted one fails."""

FOREIGN = {
    "/log/{path}": "the log's published files: public, the same for everybody; entries name nobody (setting `serve_log`)",
    "/static/{path}": "the pages' style and script: public, the same for everybody, says nothing about evidence",
}
