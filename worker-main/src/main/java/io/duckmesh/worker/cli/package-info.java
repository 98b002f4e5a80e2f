/** The client for people: commands that talk to a gateway over HTTP and print what it says. */
@NullMarked
package io.duckmesh.worker.cli;

import org.jspecify.annotations.NullMarked;
