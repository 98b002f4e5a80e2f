package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Objects of a bucket. Requests are repeated by the SDK and nowhere else. */
final class S3ObjectStore implements ObjectStore {
  /** As many as the service takes in one request. */
  private static final int DELETE_BATCH = 1_000;

  private static final int NAMED_IN_MESSAGE = 5;

  private final S3Options options;
  private final S3Client client;

  private S3ObjectStore(S3Options options, S3Client client) {
    this.options = options;
    this.client = client;
  }

  static S3ObjectStore open(S3Options options) {
    S3Client client = client(options);
    boolean opened = false;
    try {
      client.listObjectsV2(
          request -> request.bucket(options.bucket()).prefix(options.prefix()).maxKeys(1));
      opened = true;
      return new S3ObjectStore(options, client);
    } catch (S3Exception e) {
      if (e.statusCode() >= 500 || e.isThrottlingException()) {
        throw S3Failures.unavailable("Cannot open S3 bucket " + options.bucket(), e);
      }
      throw S3Failures.wrongSettings(options, e);
    } catch (SdkException e) {
      throw S3Failures.unavailable("Cannot open S3 bucket " + options.bucket(), e);
    } finally {
      if (!opened) {
        client.close();
      }
    }
  }

  @Override
  public ObjectWriter create(ObjectKey key) {
    return new S3ObjectWriter(client, options, key);
  }

  @Override
  public InputStream open(ObjectKey key) {
    String what = "Cannot open object " + key;
    try {
      ResponseInputStream<GetObjectResponse> body =
          client.getObject(request -> request.bucket(options.bucket()).key(name(key)));
      return new S3ObjectInputStream(key, body);
    } catch (S3Exception e) {
      if (S3Failures.notFound(e)) {
        throw new ObjectNotFoundException(key);
      }
      throw S3Failures.unavailable(what, e);
    } catch (SdkException e) {
      throw S3Failures.unavailable(what, e);
    }
  }

  @Override
  public Optional<ObjectInfo> find(ObjectKey key) {
    String what = "Cannot find object " + key;
    try {
      HeadObjectResponse head =
          client.headObject(request -> request.bucket(options.bucket()).key(name(key)));
      return Optional.of(new ObjectInfo(key, head.contentLength(), head.lastModified()));
    } catch (S3Exception e) {
      if (S3Failures.notFound(e)) {
        return Optional.empty();
      }
      throw S3Failures.unavailable(what, e);
    } catch (SdkException e) {
      throw S3Failures.unavailable(what, e);
    }
  }

  @Override
  public void delete(Collection<ObjectKey> keys) {
    List<ObjectIdentifier> batch = new ArrayList<>();
    for (ObjectKey key : keys) {
      batch.add(ObjectIdentifier.builder().key(name(key)).build());
      if (batch.size() == DELETE_BATCH) {
        deleteBatch(batch);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      deleteBatch(batch);
    }
  }

  private void deleteBatch(List<ObjectIdentifier> batch) {
    List<S3Error> errors =
        S3Failures.translating(
            "Cannot delete %d objects".formatted(batch.size()),
            () ->
                client
                    .deleteObjects(
                        request ->
                            request
                                .bucket(options.bucket())
                                .delete(delete -> delete.objects(batch).quiet(true)))
                    .errors());
    List<S3Error> remaining =
        errors.stream().filter(error -> !"NoSuchKey".equals(error.code())).toList();
    if (!remaining.isEmpty()) {
      String named =
          remaining.stream()
              .limit(NAMED_IN_MESSAGE)
              .map(e -> "%s (%s: %s)".formatted(e.key(), e.code(), e.message()))
              .collect(Collectors.joining(", "));
      throw new ObjectStoreUnavailableException(
          "Cannot delete %d of %d objects, among them %s"
              .formatted(remaining.size(), batch.size(), named));
    }
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    S3ObjectIterator objects = new S3ObjectIterator(token -> page(prefix, token), this::info);
    int characteristics = Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL;
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(objects, characteristics), false);
  }

  private ListObjectsV2Response page(String prefix, Optional<String> continuationToken) {
    return S3Failures.translating(
        "Cannot list objects with prefix " + prefix,
        () ->
            client.listObjectsV2(
                request -> {
                  request.bucket(options.bucket()).prefix(options.prefix() + prefix);
                  continuationToken.ifPresent(request::continuationToken);
                }));
  }

  /** Empty for what others put into the bucket under names that are no keys. */
  private Optional<ObjectInfo> info(S3Object object) {
    String key = object.key().substring(options.prefix().length());
    return ObjectKey.isValid(key)
        ? Optional.of(new ObjectInfo(new ObjectKey(key), object.size(), object.lastModified()))
        : Optional.empty();
  }

  @Override
  public Optional<Path> localRoot() {
    return Optional.empty();
  }

  @Override
  public void close() {
    client.close();
  }

  private String name(ObjectKey key) {
    return options.prefix() + key.value();
  }

  private static S3Client client(S3Options options) {
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(options.region()))
            .credentialsProvider(credentials(options))
            .forcePathStyle(options.pathStyle())
            // Writers send a checksum of their own as a header; the SDK's trailer is not
            // understood by every service.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(options.connectTimeout())
                    .socketTimeout(options.readTimeout()))
            .overrideConfiguration(
                configuration ->
                    configuration
                        .apiCallAttemptTimeout(options.attemptTimeout())
                        .apiCallTimeout(options.requestTimeout())
                        .retryStrategy(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(options.maxAttempts())
                                .build()));
    if (options.endpoint() != null) {
      builder.endpointOverride(options.endpoint());
    }
    return builder.build();
  }

  private static AwsCredentialsProvider credentials(S3Options options) {
    S3Credentials credentials = options.credentials();
    if (credentials != null) {
      return StaticCredentialsProvider.create(
          AwsBasicCredentials.create(credentials.accessKey(), credentials.secretKey()));
    }
    AwsCredentialsProvider chain = DefaultCredentialsProvider.builder().build();
    try {
      chain.resolveCredentials();
    } catch (SdkClientException e) {
      throw new IllegalArgumentException(
          "No credentials for S3 bucket %s: %s".formatted(options.bucket(), e.getMessage()), e);
    }
    return chain;
  }
}
