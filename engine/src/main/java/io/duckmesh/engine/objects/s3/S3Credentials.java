package io.duckmesh.engine.objects.s3;

/** An access key of an S3 service with its secret. */
public record S3Credentials(String accessKey, String secretKey) {
  public S3Credentials {
    if (accessKey.isBlank() || secretKey.isBlank()) {
      throw new IllegalArgumentException("Access key and secret key of S3 must both be given");
    }
  }

  @Override
  public String toString() {
    return "S3Credentials[accessKey=%s, secretKey=***]".formatted(accessKey);
  }
}
