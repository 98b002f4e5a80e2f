package io.duckmesh.engine.objects.s3;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a bucket is and how patient to be with it.
 *
 * @param bucket name of an existing bucket
 * @param prefix what the keys of all objects begin with in the bucket, ending with a slash; may be
 *     empty
 * @param endpoint the service's address; null for Amazon's in the region
 * @param region the bucket's region
 * @param pathStyle whether the bucket is named in the path rather than in the host name, as most
 *     services other than Amazon's want it
 * @param credentials null for the AWS SDK's default chain: environment, profile, container,
 *     instance
 * @param connectTimeout for a connection to be made
 * @param readTimeout for the next bytes to arrive
 * @param attemptTimeout for one attempt of a request, uploading included
 * @param requestTimeout for a request with all its attempts; not for reading an object's bytes
 * @param maxAttempts attempts of a request, the first included
 * @param partBytes size of what is buffered in memory by each writer: smaller objects are sent at
 *     once, larger ones in up to 10,000 parts of this size; at least 5 MiB
 */
public record S3Options(
    String bucket,
    String prefix,
    @Nullable URI endpoint,
    String region,
    boolean pathStyle,
    @Nullable S3Credentials credentials,
    Duration connectTimeout,
    Duration readTimeout,
    Duration attemptTimeout,
    Duration requestTimeout,
    int maxAttempts,
    int partBytes) {
  private static final int MIN_PART_BYTES = 5 << 20;

  public S3Options {
    requireNonNull(prefix, "prefix is null");
    requireNonNull(connectTimeout, "connectTimeout is null");
    requireNonNull(readTimeout, "readTimeout is null");
    requireNonNull(attemptTimeout, "attemptTimeout is null");
    requireNonNull(requestTimeout, "requestTimeout is null");
    if (bucket.isBlank()) {
      throw new IllegalArgumentException("The S3 bucket has no name");
    }
    if (region.isBlank()) {
      throw new IllegalArgumentException("The region of S3 bucket %s is empty".formatted(bucket));
    }
    if (!prefix.matches("([A-Za-z0-9._=-]+/)*")) {
      throw new IllegalArgumentException(
          "Not a prefix of object keys, which is empty or ends with a slash: " + prefix);
    }
    if (endpoint != null && (endpoint.getScheme() == null || endpoint.getHost() == null)) {
      throw new IllegalArgumentException("Not the address of an S3 service: " + endpoint);
    }
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts must be positive: " + maxAttempts);
    }
    if (partBytes < MIN_PART_BYTES) {
      throw new IllegalArgumentException(
          "partBytes must be at least %d: %d".formatted(MIN_PART_BYTES, partBytes));
    }
  }

  /** A bucket of Amazon's service in us-east-1 with the default chain's credentials. */
  public static S3Options of(String bucket) {
    return new S3Options(
        bucket,
        "",
        null,
        "us-east-1",
        false,
        null,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofMinutes(3),
        4,
        8 << 20);
  }

  /** All keys below a prefix; a missing slash at its end is added. */
  public S3Options withPrefix(String prefix) {
    String whole = prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
    return new S3Options(
        bucket,
        whole,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  /** Another service than Amazon's, with the bucket in the path. */
  public S3Options withEndpoint(URI endpoint) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        true,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  public S3Options withRegion(String region) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  public S3Options withPathStyle(boolean pathStyle) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  public S3Options withCredentials(S3Credentials credentials) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  /** How long to wait for an answer, for an attempt and for a request with all its attempts. */
  public S3Options withTimeouts(
      Duration readTimeout, Duration attemptTimeout, Duration requestTimeout) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  public S3Options withMaxAttempts(int maxAttempts) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }

  public S3Options withPartBytes(int partBytes) {
    return new S3Options(
        bucket,
        prefix,
        endpoint,
        region,
        pathStyle,
        credentials,
        connectTimeout,
        readTimeout,
        attemptTimeout,
        requestTimeout,
        maxAttempts,
        partBytes);
  }
}
