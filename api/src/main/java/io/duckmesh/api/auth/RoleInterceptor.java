package io.duckmesh.api.auth;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Role;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/** Checks the caller's roles against {@link RequiresRole} before a handler reads anything. */
public final class RoleInterceptor implements HandlerInterceptor {
  private final Map<Method, List<Role>> required = new ConcurrentHashMap<>();

  @Override
  public boolean preHandle(
      HttpServletRequest request, HttpServletResponse response, Object handler) {
    if (!(handler instanceof HandlerMethod method)) {
      return true;
    }
    List<Role> roles = required.computeIfAbsent(method.getMethod(), RoleInterceptor::rolesOf);
    if (roles.isEmpty()) {
      return true;
    }
    if (!(request.getAttribute(Caller.ATTRIBUTE) instanceof Caller caller)) {
      throw new ProblemException(ApiError.UNAUTHENTICATED, "No API key came with the request");
    }
    if (Collections.disjoint(caller.roles(), roles)) {
      throw new ProblemException(
          ApiError.FORBIDDEN,
          "This needs the role %s; the key %s has %s"
              .formatted(
                  words(roles, " or "),
                  caller.keyId(),
                  caller.roles().isEmpty() ? "none" : words(caller.roles(), ", ")),
          Map.of("required_roles", roles.stream().map(RoleInterceptor::word).toList()));
    }
    return true;
  }

  private static List<Role> rolesOf(Method method) {
    RequiresRole annotation = method.getAnnotation(RequiresRole.class);
    return annotation == null ? List.of() : List.copyOf(Arrays.asList(annotation.value()));
  }

  private static String words(Collection<Role> roles, String separator) {
    return roles.stream()
        .sorted()
        .map(RoleInterceptor::word)
        .collect(Collectors.joining(separator));
  }

  private static String word(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }
}
