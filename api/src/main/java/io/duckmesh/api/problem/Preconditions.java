package io.duckmesh.api.problem;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Changes that a client makes only if nobody else has changed the same since it looked. */
public final class Preconditions {
  private static final int BYTES = 16;

  private Preconditions() {}

  /** The {@code ETag} of a state: equal ones are of equal states. */
  public static String tag(Object state) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(state.toString().getBytes(StandardCharsets.UTF_8));
      return "\"%s\"".formatted(HexFormat.of().formatHex(digest, 0, BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /**
   * Refuses a change of another state than the client knows.
   *
   * @throws ProblemException {@link ApiError#PRECONDITION_FAILED} if {@code If-Match} names others
   */
  public static void check(HttpServletRequest request, String tag) {
    String ifMatch = request.getHeader("If-Match");
    if (ifMatch == null || ifMatch.strip().equals("*")) {
      return;
    }
    for (String candidate : ifMatch.split(",", -1)) {
      if (candidate.strip().equals(tag)) {
        return;
      }
    }
    throw new ProblemException(
        ApiError.PRECONDITION_FAILED,
        "It was changed since you read it; read it again, and change that",
        Map.of("etag", tag));
  }
}
