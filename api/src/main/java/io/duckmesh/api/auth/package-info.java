/** Who calls and what they may do: API keys and roles. */
@NullMarked
package io.duckmesh.api.auth;

import org.jspecify.annotations.NullMarked;
