package io.duckmesh.worker.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;

/**
 * As whom PostgreSQL's programs run: they refuse to be root. Where this process is root they run in
 * a user namespace of their own, in which they are nobody although files stay root's; where the
 * system allows none, as the user nobody, who has to own the data then.
 */
final class PostgresUser {
  private static final List<String> NAMESPACE = List.of("unshare", "-U");
  private static final List<String> NOBODY =
      List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups");

  private final List<String> prefix;
  private final boolean ownsData;

  private PostgresUser(List<String> prefix, boolean ownsData) {
    this.prefix = prefix;
    this.ownsData = ownsData;
  }

  /**
   * Chooses what works here.
   *
   * @param home folder that PostgreSQL's data will be in
   */
  static PostgresUser choose(Path home) {
    if (!Commands.run("id", List.of("id", "-u")).strip().equals("0")) {
      return new PostgresUser(List.of(), false);
    }
    if (Commands.succeeds(with(NAMESPACE, List.of("true")))) {
      return new PostgresUser(NAMESPACE, false);
    }
    if (!Commands.succeeds(with(NOBODY, List.of("true")))) {
      throw new DevException(
          "PostgreSQL refuses to run as root, and neither `unshare -U` nor `setpriv` works here."
              + " Run duckmesh as another user");
    }
    if (!Commands.succeeds(with(NOBODY, List.of("test", "-x", home.toString())))) {
      throw new DevException(
          ("PostgreSQL refuses to run as root, and user nobody may not enter %s."
                  + " Run duckmesh as another user, or choose a folder that others may enter with --home")
              .formatted(home));
    }
    return new PostgresUser(NOBODY, true);
  }

  List<String> command(List<String> command) {
    return with(prefix, command);
  }

  /** Makes a folder, or a file that PostgreSQL reads, its user's own where that is needed. */
  void give(Path path) throws IOException {
    if (ownsData) {
      UserPrincipal nobody =
          path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
      Files.setOwner(path, nobody);
    }
  }

  private static List<String> with(List<String> prefix, List<String> command) {
    List<String> whole = new ArrayList<>(prefix);
    whole.addAll(command);
    return whole;
  }
}
