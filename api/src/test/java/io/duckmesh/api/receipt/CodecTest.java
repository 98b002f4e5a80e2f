package io.duckmesh.api.receipt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CodecTest {
  private static final TenantId TENANT = new TenantId("default");
  private static final Installation INSTALLATION =
      new Installation(new UUID(0x1122334455667788L, 42), new byte[32]);
  private static final Positions POSITIONS =
      Positions.of(Map.of(new ShardId("default-0"), 1L, new ShardId("default-12"), 9_000_000_000L));

  private final VisibilityTokens tokens = new VisibilityTokens(INSTALLATION);
  private final Receipts receipts = new Receipts(INSTALLATION);

  @Test
  void tokenReadsBackWhatItWasMadeOf() {
    String token = tokens.encode(TENANT, POSITIONS);

    assertThat(tokens.decode(TENANT, token)).isEqualTo(POSITIONS);
    assertThat(token).matches("dmt_[A-Za-z0-9_-]{40,120}");
  }

  @Test
  void tokenWithAnyChangedByteIsRefused() {
    String token = tokens.encode(TENANT, POSITIONS);
    byte[] bytes = Base64.getUrlDecoder().decode(token.substring(4));

    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 0x10;
      String text = "dmt_" + Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
      // The installation's part is read before the signature, which only that installation knows.
      ApiError expected =
          i >= 1 && i < 9 ? ApiError.TOKEN_SCOPE_MISMATCH : ApiError.VISIBILITY_TOKEN_INVALID;
      assertThatThrownBy(() -> tokens.decode(TENANT, text))
          .as("byte %d", i)
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.error()).isEqualTo(expected));
    }
  }

  @Test
  void tokenWithAnyChangedOrMissingLetterIsRefused() {
    String token = tokens.encode(TENANT, POSITIONS);

    for (int i = 0; i < token.length(); i++) {
      char other = token.charAt(i) == 'B' ? 'C' : 'B';
      String changed = token.substring(0, i) + other + token.substring(i + 1);
      String cut = token.substring(0, i);
      assertThatThrownBy(() -> tokens.decode(TENANT, changed))
          .as(changed)
          .isInstanceOf(ProblemException.class);
      assertThatThrownBy(() -> tokens.decode(TENANT, cut))
          .as(cut)
          .isInstanceOf(ProblemException.class);
    }
  }

  @Test
  void tokenOfAnotherSecretIsRefused() {
    byte[] secret = new byte[32];
    secret[0] = 1;
    String forged =
        new VisibilityTokens(new Installation(INSTALLATION.id(), secret)).encode(TENANT, POSITIONS);

    assertThatThrownBy(() -> tokens.decode(TENANT, forged))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.error()).isEqualTo(ApiError.VISIBILITY_TOKEN_INVALID));
  }

  @Test
  void receiptReadsBackWhatItWasMadeOf() {
    Receipt receipt =
        new Receipt(
            TENANT,
            new TableId(UUID.randomUUID()),
            12_345,
            Instant.ofEpochMilli(1_780_000_000_123L),
            POSITIONS);

    assertThat(receipts.decode(TENANT, receipts.encode(receipt))).isEqualTo(receipt);
  }

  @Test
  void receiptIsNoTokenAndTokenIsNoReceipt() {
    String token = tokens.encode(TENANT, POSITIONS);

    assertThatThrownBy(() -> receipts.decode(TENANT, token)).isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> receipts.decode(TENANT, "dmr_" + token.substring(4)))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void receiptOfAnotherTenantIsNotFound() {
    Receipt receipt =
        new Receipt(TENANT, new TableId(UUID.randomUUID()), 1, Instant.EPOCH, POSITIONS);
    String id = receipts.encode(receipt);

    assertThatThrownBy(() -> receipts.decode(new TenantId("other"), id))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.error()).isEqualTo(ApiError.RECEIPT_NOT_FOUND));
  }

  @Test
  void receiptKeepsWhereTheMisfitsAre() {
    Receipt receipt =
        new Receipt(
            TENANT,
            new TableId(UUID.randomUUID()),
            10,
            Instant.parse("2026-01-31T12:00:00.123Z"),
            POSITIONS,
            new Receipt.Misfits(new ShardId("default-9"), 12, 3));

    Receipt decoded = receipts.decode(TENANT, receipts.encode(receipt));

    assertThat(decoded).isEqualTo(receipt);
    assertThat(decoded.covering().byShard()).containsEntry(new ShardId("default-9"), 12L);
  }
}
