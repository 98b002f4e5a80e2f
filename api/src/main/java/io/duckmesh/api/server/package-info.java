/** What the gateway needs of its web server beyond servlets: the connection below a request. */
@NullMarked
package io.duckmesh.api.server;

import org.jspecify.annotations.NullMarked;
