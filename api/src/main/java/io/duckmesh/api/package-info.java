/** How the outside speaks to DuckMesh: the HTTP gateway and what it needs to start. */
@NullMarked
package io.duckmesh.api;

import org.jspecify.annotations.NullMarked;
