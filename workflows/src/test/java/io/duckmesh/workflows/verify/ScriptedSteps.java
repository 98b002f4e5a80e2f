package io.duckmesh.workflows.verify;

import io.temporal.failure.ApplicationFailure;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Steps that look at a number of files, some at a time. */
final class ScriptedSteps implements VerifyActivities {
  final List<String> calls = new CopyOnWriteArrayList<>();
  final AtomicInteger failures = new AtomicInteger();
  volatile List<String> shards = List.of("default-0", "default-1");
  volatile long files = 5;
  volatile long filesAtOnce = 2;
  volatile long findingsOfShard;
  volatile String runId = "";

  @Override
  public VerifyPlan plan(RunInput input) {
    runId = input.runId();
    calls.add("plan " + input.tenant());
    return new VerifyPlan(7, shards);
  }

  @Override
  public CheckResult checkShard(ShardCheck input) {
    calls.add("shard " + input.shard());
    return new CheckResult(findingsOfShard);
  }

  @Override
  public CheckResult checkTables(RunInput input) {
    calls.add("tables");
    return new CheckResult(0);
  }

  @Override
  public FilesResult checkFiles(FilesCheck input) {
    VerifyProgress from = input.progress();
    if (failures.getAndDecrement() > 0) {
      throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
    }
    calls.add("files after " + from.after());
    long upTo = Math.min(files, from.files() + filesAtOnce);
    return new FilesResult(
        new VerifyProgress(
            from.snapshotId(), "file " + upTo, from.shards(), upTo, 100 * upTo, from.findings()),
        upTo == files);
  }

  @Override
  public VerifyResult record(RunInput input) {
    calls.add("record");
    return new VerifyResult(
        input.runId(),
        findingsOfShard == 0 ? "passed" : "failed",
        7,
        shards.size(),
        files,
        100 * files,
        findingsOfShard * shards.size(),
        12);
  }
}
