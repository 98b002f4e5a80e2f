package io.duckmesh.api.problem;

import io.duckmesh.api.server.ClientConnection;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;

/**
 * Ends a request whose body nobody will read. Closing a connection while the client still sends
 * makes the client's system throw the answer away, so the answer is sent first and then what comes
 * is discarded for a while, as web servers do ("lingering close").
 */
final class UnreadBody {
  /** The server itself swallows up to this much and keeps the connection. */
  private static final long SMALL_BYTES = 1 << 20;

  private static final Duration LINGER = Duration.ofSeconds(30);

  private UnreadBody() {}

  /** Whether much of the body may be unread. To be asked before the answer is written. */
  static boolean mayBeLarge(HttpServletRequest request) {
    long length = request.getContentLengthLong();
    boolean chunked = length < 0 && request.getHeader("Transfer-Encoding") != null;
    if (!chunked && length <= SMALL_BYTES) {
      return false;
    }
    try {
      return !request.getInputStream().isFinished();
    } catch (IOException | IllegalStateException e) {
      return true;
    }
  }

  /** Discards what the client still sends, once the answer has been sent. */
  static void discard(HttpServletRequest request) {
    // A client that waits for "100 Continue" has not sent its body and will not now.
    ClientConnection connection = ClientConnection.of(request);
    if (connection != null && request.getHeader("Expect") == null) {
      connection.discardBody(LINGER);
    }
  }
}
