package io.duckmesh.workflows.verify;

import java.util.Locale;

/** What people read of a run in the Temporal UI, as markdown. */
final class VerifyDetails {
  private VerifyDetails() {}

  static String shard(RunInput run, String shard, long findings) {
    return text(
        """
        Compares log and catalog of shard **%s** of tenant %s.

        Findings so far: %,d
        """,
        shard, run.tenant(), findings);
  }

  static String files(RunInput run, VerifyProgress progress) {
    return text(
        """
        Reads the files of tenant **%s** up to snapshot %d.

        | So far | |
        |---|---|
        | Shards | %,d |
        | Files | %,d |
        | Bytes | %,d |
        | Findings | %,d |
        """,
        run.tenant(),
        progress.snapshotId(),
        progress.shards(),
        progress.files(),
        progress.bytes(),
        progress.findings());
  }

  static String ended(VerifyResult result) {
    return text(
        """
        **%s**

        | | |
        |---|---|
        | Snapshot | %d |
        | Shards | %,d |
        | Files | %,d |
        | Bytes | %,d |
        | Findings | %,d |
        | Time | %,d ms |

        `duckmesh verify --run %s` lists the findings.
        """,
        switch (result.state()) {
          case "passed" -> "Passed: everything is as the catalog says.";
          case "failed" -> "Failed: not everything is as the catalog says.";
          default -> "Abandoned: another run began meanwhile.";
        },
        result.snapshotId(),
        result.shards(),
        result.files(),
        result.bytes(),
        result.findings(),
        result.millis(),
        result.runId());
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
