package io.duckmesh.worker.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * The few requests of a load whose tokens cover all of it. A token covers what its shards had
 * before it, so the last one of each shard is enough.
 */
final class TokenCover {
  private TokenCover() {}

  /**
   * Leaves out requests that others certainly come after. On one shard positions grow with time, so
   * a request comes after those that had been answered when it was sent. What several shards got
   * can not be told from the answers: nothing is left out there.
   */
  static List<AcceptedRequest> candidates(Collection<AcceptedRequest> requests, boolean oneShard) {
    if (!oneShard) {
      return List.copyOf(requests);
    }
    OptionalLong lastSent =
        requests.stream().filter(AcceptedRequest::fresh).mapToLong(AcceptedRequest::sentAt).max();
    return requests.stream()
        .filter(request -> lastSent.isEmpty() || request.answeredAt() >= lastSent.getAsLong())
        .toList();
  }

  /**
   * Of the requests whose receipts tell where they landed, only the last of each shard; all others.
   *
   * @return tokens, each once
   */
  static List<String> tokens(Collection<AcceptedRequest> requests, boolean oneShard) {
    Map<String, AcceptedRequest> lastOfShard = new TreeMap<>();
    Map<String, Long> positions = new TreeMap<>();
    List<AcceptedRequest> needed = new ArrayList<>();
    for (AcceptedRequest request : requests) {
      JsonNode parts = request.receipt().path("landed");
      if (!request.landed() || parts.isEmpty()) {
        needed.add(request);
        continue;
      }
      for (JsonNode part : parts) {
        String shard = part.path("shard").asString("");
        long position = part.path("position").asLong();
        if (position > positions.getOrDefault(shard, -1L)) {
          positions.put(shard, position);
          lastOfShard.put(shard, request);
        }
      }
    }
    // What has not landed lies behind everything that has, on the same shard.
    if (!oneShard || needed.isEmpty()) {
      needed.addAll(lastOfShard.values());
    }
    Set<String> seen = new HashSet<>();
    return needed.stream().map(AcceptedRequest::token).filter(seen::add).toList();
  }
}
