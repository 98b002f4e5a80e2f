package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Cluster.Server;
import java.util.List;
import java.util.Optional;

/** Breaks a part, leaves it broken for a while, and mends it. */
final class Injector {
  private static final int SHARDS = 4;

  private final Cluster cluster;

  Injector(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Returns when the part is mended and ready again.
   *
   * @param target picks one of several processes; any number
   * @return false if the fault is not possible here
   */
  boolean inject(FaultKind kind, int target, long millis) {
    return switch (kind) {
      case KILL_POSTGRES -> killPostgres(millis);
      case KILL_TEMPORAL -> killTemporal(millis);
      case KILL_S3 -> killS3(millis);
      case KILL_GATEWAY -> killNode(pick(cluster.gateways(), target), millis);
      case KILL_MATERIALIZER -> killNode(pick(cluster.materializers(), target), millis);
      case STOP_MATERIALIZER -> stop(pick(cluster.materializers(), target), millis);
      case STOP_GATEWAY -> stop(pick(cluster.gateways(), target), millis);
      case RESTART_EVERYTHING -> restartEverything(millis);
      case CUT_POSTGRES -> interfere(Server.POSTGRES, Interference.CUT, target, millis);
      case CUT_TEMPORAL -> interfere(Server.TEMPORAL, Interference.CUT, target, millis);
      case CUT_S3 -> interfere(Server.S3, Interference.CUT, target, millis);
      case SLOW_POSTGRES -> interfere(Server.POSTGRES, Interference.SLOW, target, millis);
      case SLOW_TEMPORAL -> interfere(Server.TEMPORAL, Interference.SLOW, target, millis);
      case SLOW_S3 -> interfere(Server.S3, Interference.SLOW, target, millis);
      case STALL_POSTGRES -> interfere(Server.POSTGRES, Interference.STALL, target, millis);
      case STALL_TEMPORAL -> interfere(Server.TEMPORAL, Interference.STALL, target, millis);
      case STALL_S3 -> interfere(Server.S3, Interference.STALL, target, millis);
      case S3_ERRORS -> interfere(Server.S3, Interference.SERVER_ERROR, target, millis);
      case S3_LOST_ANSWERS -> interfere(Server.S3, Interference.LOSE_PUT_ANSWERS, target, millis);
      case FULL_DISK -> fullDisk(pick(cluster.gateways(), target), millis);
      case TERMINATE_WORKFLOWS -> terminateWorkflows(millis);
      case ZOMBIE -> zombie(target, millis);
      case KILL_COMPACTOR -> killNode(pick(cluster.compactors(), target), millis);
      case STOP_COMPACTOR -> stop(pick(cluster.compactors(), target), millis);
      case KILL_AT_STEP ->
          killAtStep(Step.values()[Math.floorMod(target, Step.values().length)], millis)
              .map(Injector::ready)
              .orElse(false);
      case ZOMBIE_COMPACTOR -> zombieCompactor(target, millis);
    };
  }

  private boolean killPostgres(long millis) {
    cluster.postgres().kill();
    Pause.millis(millis);
    cluster.postgres().restart();
    return true;
  }

  private boolean killTemporal(long millis) {
    cluster.temporal().kill();
    Pause.millis(millis);
    cluster.temporal().restart();
    return true;
  }

  private boolean killS3(long millis) {
    cluster.s3().kill();
    Pause.millis(millis);
    cluster.s3().restart();
    return true;
  }

  private static boolean killNode(Node node, long millis) {
    node.kill();
    Pause.millis(millis);
    node.launch();
    node.awaitReady();
    return true;
  }

  private static boolean stop(Node node, long millis) {
    node.pause();
    try {
      Pause.millis(millis);
    } finally {
      node.resume();
    }
    return true;
  }

  private boolean restartEverything(long millis) {
    cluster.nodes().forEach(Node::kill);
    cluster.temporal().kill();
    cluster.s3().kill();
    cluster.postgres().kill();
    Pause.millis(millis);
    cluster.postgres().restart();
    cluster.temporal().restart();
    cluster.s3().restart();
    cluster.nodes().forEach(Node::launch);
    cluster.nodes().forEach(Node::awaitReady);
    return true;
  }

  /** Every third time the connections of all processes, else those of one. */
  private boolean interfere(Server server, Interference interference, int target, long millis) {
    List<Node> nodes =
        target % 3 == 0 ? cluster.nodes() : List.of(pick(cluster.nodes(), target / 3));
    nodes.forEach(node -> cluster.link(node, server).interfere(interference));
    try {
      Pause.millis(millis);
    } finally {
      cluster.mendLinks();
    }
    return true;
  }

  private static boolean fullDisk(Node node, long millis) {
    if (!node.fillDisk()) {
      return false;
    }
    try {
      Pause.millis(millis);
    } finally {
      node.freeDisk();
    }
    return true;
  }

  private boolean terminateWorkflows(long millis) {
    Pause.millis(millis);
    boolean any = false;
    for (int shard = 0; shard < SHARDS; shard++) {
      any |= cluster.temporal().terminate("materialize/default-" + shard);
    }
    terminateJobs();
    return any;
  }

  private void terminateJobs() {
    if (cluster.compactors().isEmpty()) {
      return;
    }
    cluster.tableIds().forEach(table -> cluster.temporal().terminate("compact/" + table));
    cluster.temporal().terminate("expire/default");
    cluster.temporal().terminate("collect");
  }

  private boolean zombieCompactor(int target, long millis) {
    TcpProxy link = cluster.link(pick(cluster.compactors(), target), Server.POSTGRES);
    link.interfere(Interference.SLOW);
    Pause.millis(2_000);
    link.interfere(Interference.STALL);
    try {
      terminateJobs();
      Pause.millis(millis);
    } finally {
      cluster.mendLinks();
    }
    return true;
  }

  private static boolean ready(Node node) {
    node.awaitReady();
    return true;
  }

  /**
   * Kills the compactor that comes first to the step, and starts it again without waiting for it.
   *
   * @return the one that was killed; empty if none came in time
   */
  Optional<Node> killAtStep(Step step, long millis) {
    Trap trap = new Trap(step);
    cluster.compactors().forEach(node -> cluster.link(node, step.server()).set(trap));
    try {
      TcpProxy at = trap.await(millis);
      for (Node node : cluster.compactors()) {
        if (cluster.link(node, step.server()) == at) {
          node.kill();
          trap.release();
          node.launch();
          return Optional.of(node);
        }
      }
      return Optional.empty();
    } finally {
      trap.release();
      cluster.compactors().forEach(node -> cluster.link(node, step.server()).set(null));
    }
  }

  private boolean zombie(int target, long millis) {
    TcpProxy link = cluster.link(pick(cluster.materializers(), target), Server.POSTGRES);
    link.interfere(Interference.SLOW);
    Pause.millis(2_000);
    link.interfere(Interference.STALL);
    try {
      terminateWorkflows(0);
      Pause.millis(millis);
    } finally {
      cluster.mendLinks();
    }
    return true;
  }

  private static Node pick(List<Node> nodes, int target) {
    return nodes.get(Math.floorMod(target, nodes.size()));
  }
}
