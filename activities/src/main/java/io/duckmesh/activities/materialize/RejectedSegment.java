package io.duckmesh.activities.materialize;

import io.duckmesh.bus.Position;

/** A segment that can not land, with a reason for people. */
record RejectedSegment(Position position, String reason) {}
