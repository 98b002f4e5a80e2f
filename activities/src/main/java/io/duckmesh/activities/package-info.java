/** How each step is done: adapters between workflows and the leaves, thin and repeatable. */
@NullMarked
package io.duckmesh.activities;

import org.jspecify.annotations.NullMarked;
