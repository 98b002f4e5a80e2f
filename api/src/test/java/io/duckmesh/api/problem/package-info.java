/** What clients are told of failures. */
package io.duckmesh.api.problem;
