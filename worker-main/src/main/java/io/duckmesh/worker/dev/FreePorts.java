package io.duckmesh.worker.dev;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports of the loopback address that nobody listens on. */
final class FreePorts {
  private FreePorts() {}

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The preferred port if it is free, else the next free one of the twenty after it, else any. */
  static int near(int preferred) {
    for (int port = preferred; port <= preferred + 20; port++) {
      if (isFree(port)) {
        return port;
      }
    }
    return any();
  }

  static int any() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new DevException("This machine has no free port", e);
    }
  }
}
