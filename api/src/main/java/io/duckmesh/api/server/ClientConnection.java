package io.duckmesh.api.server;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The connection that a request came on. Used by one thread at a time. */
public interface ClientConnection {
  /** The request's connection, null if its server does not lend it. */
  static @Nullable ClientConnection of(HttpServletRequest request) {
    return request.getAttribute(TomcatConnectionValve.ATTRIBUTE) instanceof ClientConnection known
        ? known
        : null;
  }

  /** Whether the client has closed it. Reads without waiting, when the body has been read. */
  boolean closed();

  /**
   * Reads and throws away what the client still sends of the body, until its end, the end of the
   * connection, or the limit. The answer may have been sent whole before.
   */
  void discardBody(Duration limit);
}
