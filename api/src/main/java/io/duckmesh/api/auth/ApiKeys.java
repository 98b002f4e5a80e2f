package io.duckmesh.api.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Keys of the form {@code dm_<key id>_<secret>}. The catalog holds only their hashes; what it
 * answers is remembered for a short time, so a revoked key may work that much longer.
 */
public final class ApiKeys {
  private static final String LETTERS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int KEY_ID_LENGTH = 10;

  /** 32 of 62 letters are 190 bits: nobody guesses one, so a plain hash is enough. */
  private static final int SECRET_LENGTH = 32;

  private static final int MAX_LENGTH = 200;
  private static final Duration UNKNOWN_TTL = Duration.ofSeconds(2);

  private final Catalog catalog;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  /** By the whole key, as it came in the request: hashing each time costs more than looking up. */
  private final Cache<String, Optional<Caller>> known;

  /**
   * @param ttl how long a key that was found is not looked up again
   */
  public ApiKeys(Catalog catalog, Clock clock, Duration ttl) {
    this.catalog = catalog;
    this.clock = clock;
    this.known =
        Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfter(
                Expiry.<String, Optional<Caller>>writing(
                    (key, caller) -> caller.isPresent() ? ttl : UNKNOWN_TTL))
            .build();
  }

  /**
   * A new key, shown only here.
   *
   * @param key the whole key
   * @param stored what the catalog keeps of it
   */
  public record NewKey(String key, ApiKey stored) {
    @Override
    public String toString() {
      return "NewKey[stored=" + stored + "]";
    }
  }

  /** Makes a key; it is durable and works everywhere when this returns. */
  public NewKey create(TenantId tenant, String label, Set<Role> roles) {
    String keyId = letters(KEY_ID_LENGTH);
    String key = "dm_" + keyId + "_" + letters(SECRET_LENGTH);
    ApiKey stored = new ApiKey(keyId, tenant, sha256(key), label, roles, clock.instant());
    catalog.tenants().addApiKey(stored);
    // It may have been asked for, and remembered as unknown, only if it could be guessed.
    return new NewKey(key, stored);
  }

  /** Finds who holds the key. */
  public Optional<Caller> find(String key) {
    if (key.length() > MAX_LENGTH || !key.startsWith("dm_")) {
      return Optional.empty();
    }
    Optional<Caller> caller = known.getIfPresent(key);
    if (caller == null) {
      caller =
          catalog
              .tenants()
              .findApiKey(sha256(key))
              .map(found -> new Caller(found.keyId(), found.tenant(), found.roles()));
      known.put(key, caller);
    }
    return caller;
  }

  private String letters(int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  private static byte[] sha256(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
