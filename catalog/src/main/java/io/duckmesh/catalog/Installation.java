package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/**
 * Identity of this installation, made once when its catalog is first opened.
 *
 * @param secret 32 random bytes that tokens are signed with; not to be logged
 */
public record Installation(UUID id, byte[] secret) {
  public Installation {
    requireNonNull(id, "id is null");
    secret = secret.clone();
  }

  @Override
  public byte[] secret() {
    return secret.clone();
  }

  @Override
  public String toString() {
    return "Installation[id=" + id + "]";
  }
}
