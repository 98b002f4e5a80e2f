/** Queries by themselves. */
@org.jspecify.annotations.NullMarked
package io.duckmesh.api.query;
