package io.duckmesh.workflows.compact;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.Outcomes;
import io.duckmesh.workflows.Words;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites the groups of a plan beside each other and publishes each as soon as it is written. For
 * workflow code only.
 */
public final class GroupRuns {
  /** Who is told of each change, from the workflow's thread. */
  public interface Listener {
    /** Something has changed that people may want to read. */
    void changed();

    /**
     * A group was published.
     *
     * @param rewritten its new file
     * @param published the snapshot that has it
     */
    void published(PlannedGroup group, RewriteResult rewritten, PublishResult published);

    /** Others were faster. */
    void conflict(PlannedGroup group, String reason);

    /** A group failed for good. */
    void failed(PlannedGroup group, String reason);
  }

  private final String runId;
  private final String tenant;
  private final Listener listener;
  private final List<PlannedGroup> groups;
  private final String[] states;
  private int published;
  private int conflicts;
  private int failures;

  public GroupRuns(String runId, String tenant, List<PlannedGroup> groups, Listener listener) {
    this.runId = runId;
    this.tenant = tenant;
    this.groups = List.copyOf(groups);
    this.listener = listener;
    this.states = new String[groups.size()];
    Arrays.fill(states, "waits for its turn, or is being written");
  }

  /**
   * Returns when every group is published, lost or failed.
   *
   * @throws CanceledFailure if the run was cancelled; the groups have ended then, too
   */
  public Round run() {
    List<Promise<Void>> running = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      int group = i;
      running.add(Async.procedure(() -> runGroup(group)));
    }
    Promise.allOf(running).get();
    if (CancellationScope.current().isCancelRequested()) {
      throw new CanceledFailure("Cancelled while groups were rewritten");
    }
    return new Round(published, conflicts, failures);
  }

  /** Groups that have not ended. */
  public int open() {
    return groups.size() - published - conflicts - failures;
  }

  /** The groups and how they stand, as rows of a table in markdown. */
  public String describe() {
    StringBuilder rows = new StringBuilder("| Files | Rows | Size | |\n|---|---|---|---|\n");
    for (int i = 0; i < groups.size(); i++) {
      rows.append(row(groups.get(i), states[i]));
    }
    return rows.toString();
  }

  /** Groups of a plan that is not carried out, as a table in markdown. */
  public static String describe(List<PlannedGroup> groups) {
    StringBuilder rows = new StringBuilder("| Files | Rows | Size | |\n|---|---|---|---|\n");
    groups.forEach(group -> rows.append(row(group, "planned")));
    return rows.toString();
  }

  private static String row(PlannedGroup group, @Nullable String state) {
    return Words.text(
        "| %,d | %,d | %s | %s |\n",
        group.files(),
        group.rows(),
        Words.bytes(group.bytes()),
        state == null ? "" : state.replace("|", "\\|"));
  }

  private void runGroup(int index) {
    PlannedGroup group = groups.get(index);
    try {
      rewriteAndPublish(index, group);
    } catch (ActivityFailure e) {
      if (CancellationScope.current().isCancelRequested()) {
        return;
      }
      failures++;
      String reason = Outcomes.reason(e);
      states[index] = reason;
      listener.failed(group, reason);
    } catch (CanceledFailure e) {
      // The run says so when all groups have ended.
      states[index] = "cancelled";
    }
    listener.changed();
  }

  private void rewriteAndPublish(int index, PlannedGroup group) {
    GroupInput input = new GroupInput(runId, tenant, group.rewriteId());
    String words =
        Words.text("%s, %s", Words.count(group.files(), "file"), Words.count(group.rows(), "row"));
    RewriteResult rewritten = steps(ActivityProfiles.rewriting("Rewrites " + words)).rewrite(input);
    if (rewritten.lost()) {
      conflict(index, group, rewritten.reason());
      return;
    }
    states[index] = "is being published";
    listener.changed();
    PublishResult result = steps(ActivityProfiles.publishing("Publishes " + words)).publish(input);
    if (!result.published()) {
      conflict(index, group, result.conflict());
      return;
    }
    published++;
    states[index] = "published in snapshot " + result.snapshotId();
    listener.published(group, rewritten, result);
  }

  private void conflict(int index, PlannedGroup group, @Nullable String reason) {
    conflicts++;
    String words = Outcomes.cut(reason == null ? "others were faster" : reason);
    states[index] = "not published: " + words;
    listener.conflict(group, words);
  }

  private static CompactActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(CompactActivities.class, options);
  }
}
