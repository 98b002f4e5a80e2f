package io.duckmesh.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Settings as texts, each with the place that it comes from. */
final class SettingValues {
  private record Value(String text, String origin) {}

  private final Map<Setting, Value> values = new EnumMap<>(Setting.class);
  private final List<String> problems = new ArrayList<>();

  private SettingValues() {}

  /**
   * Joins file, environment and options; later ones win. What is wrong with the file is kept as
   * problems.
   */
  static SettingValues read(
      @Nullable Path file, Map<String, String> environment, Map<Setting, String> options) {
    SettingValues values = new SettingValues();
    if (file != null) {
      values.addFile(file);
    }
    for (Setting setting : Setting.values()) {
      String text = environment.get(setting.environmentVariable());
      if (text != null) {
        values.put(setting, text, "environment variable " + setting.environmentVariable());
      }
    }
    options.forEach((setting, text) -> values.put(setting, text, "option " + setting.option()));
    return values;
  }

  /** Problems so far; more may be added while values are understood. */
  List<String> problems() {
    return problems;
  }

  /** The text given, else the default; empty where there is neither. */
  Optional<String> find(Setting setting) {
    Value value = values.get(setting);
    String text = value == null ? setting.defaultText() : value.text();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** Like {@link #find}, but a missing one is a problem, and then answered by an empty text. */
  String require(Setting setting, String why) {
    Optional<String> text = find(setting);
    if (text.isEmpty()) {
      problems.add(
          "%s is missing: %s. Give it in the file, as %s or as %s"
              .formatted(setting.key(), why, setting.environmentVariable(), setting.option()));
    }
    return text.orElse("");
  }

  void wrong(Setting setting, String expected) {
    Value value = values.get(setting);
    problems.add(
        "%s is %s, found '%s' (%s)"
            .formatted(
                setting.key(),
                expected,
                value == null ? setting.defaultText() : setting.secret() ? "***" : value.text(),
                value == null ? "default" : value.origin()));
  }

  private void put(Setting setting, String text, String origin) {
    values.put(setting, new Value(text.strip(), origin));
  }

  private void addFile(Path file) {
    Object document;
    try {
      document =
          new Yaml(new SafeConstructor(new LoaderOptions()))
              .load(Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      problems.add("The configuration file %s cannot be read".formatted(file));
      return;
    } catch (YAMLException e) {
      problems.add("The configuration file %s is not YAML: %s".formatted(file, e.getMessage()));
      return;
    }
    Map<String, String> flat = new LinkedHashMap<>();
    if (document instanceof Map<?, ?> map) {
      flatten("", map, flat);
    } else if (document != null) {
      problems.add("The configuration file %s is not a map of settings".formatted(file));
    }
    flat.forEach(
        (key, text) ->
            Setting.find(key)
                .ifPresentOrElse(
                    setting -> put(setting, text, file.toString()),
                    () -> problems.add("There is no setting %s (%s)".formatted(key, file))));
  }

  private static void flatten(String prefix, Map<?, ?> map, Map<String, String> flat) {
    map.forEach(
        (name, value) -> {
          String key = prefix + name;
          switch (value) {
            case null -> flat.put(key, "");
            case Map<?, ?> nested -> flatten(key + ".", nested, flat);
            case List<?> list ->
                flat.put(key, String.join(",", list.stream().map(String::valueOf).toList()));
            default -> flat.put(key, value.toString());
          }
        });
  }
}
