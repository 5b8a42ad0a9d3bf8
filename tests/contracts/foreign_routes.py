"""Routes that third-party code answers, one by one, with the event type that records their use, or why none does. An unlisted one fails."""

FOREIGN = {
    "/static/{path}": "the pages' style and script: public, the same for everybody, says nothing about evidence",
}
