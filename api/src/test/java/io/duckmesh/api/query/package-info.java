/** Queries at the gateway, by themselves. */
package io.duckmesh.api.query;
