/** Real servers for tests, found or built on the machine and started by the test. */
@NullMarked
package io.duckmesh.testing;

import org.jspecify.annotations.NullMarked;
