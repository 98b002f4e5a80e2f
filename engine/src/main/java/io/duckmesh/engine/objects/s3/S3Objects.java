package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectStore;

/** Object stores in buckets of S3 services. */
public final class S3Objects {
  private S3Objects() {}

  /**
   * Opens a store in a bucket and checks that the bucket can be listed; the caller closes it. The
   * service must honour {@code If-None-Match} on uploads, or else a key that is used twice is
   * overwritten.
   *
   * @throws IllegalArgumentException if bucket, region or credentials are wrong; it says which
   * @throws io.duckmesh.engine.objects.ObjectStoreUnavailableException if the service does not
   *     answer
   */
  public static ObjectStore open(S3Options options) {
    return S3ObjectStore.open(options);
  }
}
