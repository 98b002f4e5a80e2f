package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What failures of the AWS SDK mean for the store. */
final class S3Failures {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;

  private S3Failures() {}

  /** Calls the service; {@code what} says what could not be done if that fails. */
  static <T> T translating(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw unavailable(what, e);
    }
  }

  static ObjectStoreUnavailableException unavailable(String what, SdkException e) {
    return new ObjectStoreUnavailableException("%s: %s".formatted(what, reason(e)), e);
  }

  static boolean notFound(S3Exception e) {
    return e.statusCode() == NOT_FOUND && !"NoSuchBucket".equals(code(e));
  }

  /** The key is taken, or somebody else is taking it at this moment. */
  static boolean taken(S3Exception e) {
    return e.statusCode() == PRECONDITION_FAILED || e.statusCode() == CONFLICT;
  }

  /**
   * Says which setting is wrong, by the codes of Amazon's service, which others repeat or add to.
   */
  static IllegalArgumentException wrongSettings(S3Options options, S3Exception e) {
    String what =
        switch (code(e)) {
          case "NoSuchBucket", "InvalidBucketName" ->
              "There is no S3 bucket %s at %s".formatted(options.bucket(), place(options));
          case "InvalidAccessKeyId", "XAdminUserNotFound" ->
              "The S3 access key is unknown at %s".formatted(place(options));
          case "SignatureDoesNotMatch" ->
              "The S3 secret key does not belong to the access key at %s".formatted(place(options));
          case "AccessDenied", "AllAccessDisabled" ->
              "The S3 credentials give no access to bucket %s at %s"
                  .formatted(options.bucket(), place(options));
          case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint" ->
              "S3 bucket %s is not in region %s".formatted(options.bucket(), options.region());
          default ->
              "S3 bucket %s at %s cannot be used".formatted(options.bucket(), place(options));
        };
    return new IllegalArgumentException("%s: %s".formatted(what, reason(e)), e);
  }

  private static String place(S3Options options) {
    return options.endpoint() == null
        ? "Amazon in region " + options.region()
        : options.endpoint().toString();
  }

  private static String code(S3Exception e) {
    AwsErrorDetails details = e.awsErrorDetails();
    String code = details == null ? null : details.errorCode();
    return code == null ? "" : code;
  }

  private static String reason(SdkException e) {
    return e instanceof S3Exception answer
        ? "%d %s (%s)".formatted(answer.statusCode(), code(answer), answer.getMessage())
        : String.valueOf(e.getMessage());
  }
}
