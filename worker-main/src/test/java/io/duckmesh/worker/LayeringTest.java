package io.duckmesh.worker;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The walls between the rooms, over the classes of all modules. */
class LayeringTest {
  private static final List<String> LEAVES = List.of("workflows", "catalog", "bus", "engine");

  private static JavaClasses all;

  @BeforeAll
  static void importClasses() {
    all =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .withImportOption(location -> !location.contains("duckmesh-testing"))
            .importPackages("io.duckmesh");
  }

  @Test
  void everyModuleIsLookedAt() {
    Set<String> modules =
        all.stream().map(type -> type.getPackageName().split("\\.")[2]).collect(Collectors.toSet());

    assertThat(modules)
        .contains("workflows", "catalog", "bus", "engine", "activities", "api", "worker");
  }

  @TestFactory
  List<DynamicTest> leavesKnowNeitherEachOtherNorWhoUsesThem() {
    return LEAVES.stream()
        .map(
            leaf ->
                DynamicTest.dynamicTest(
                    leaf,
                    () ->
                        noClasses()
                            .that()
                            .resideInAPackage("io.duckmesh." + leaf + "..")
                            .should()
                            .dependOnClassesThat(
                                resideInAPackage("io.duckmesh..")
                                    .and(not(resideInAPackage("io.duckmesh." + leaf + ".."))))
                            .check(all)))
        .toList();
  }

  @Test
  void leavesAndActivitiesAreFreeOfSpring() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.duckmesh.workflows..",
            "io.duckmesh.catalog..",
            "io.duckmesh.bus..",
            "io.duckmesh.engine..",
            "io.duckmesh.activities..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.springframework..")
        .check(all);
  }

  @Test
  void gatewayAndActivitiesDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage("io.duckmesh.api..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.duckmesh.activities..", "io.duckmesh.worker..")
        .check(all);
    noClasses()
        .that()
        .resideInAPackage("io.duckmesh.activities..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.duckmesh.api..", "io.duckmesh.worker..")
        .check(all);
  }

  @Test
  void workflowsUseNothingButTheTemporalSdk() {
    classes()
        .that()
        .resideInAPackage("io.duckmesh.workflows..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.duckmesh.workflows..",
            "io.temporal..",
            // What the SDK throws when the server refuses.
            "io.grpc..",
            "com.fasterxml.jackson..",
            "org.jspecify..",
            "org.slf4j..",
            "java..")
        .check(all);
  }

  @Test
  void workflowCodeUsesNoClockThreadRandomnessOrInput() {
    DescribedPredicate<JavaClass> workflowCode =
        DescribedPredicate.describe(
            "workflow implementations and what stands beside them",
            type ->
                type.getPackageName().matches("io\\.duckmesh\\.workflows\\..+")
                    && !type.getSimpleName().endsWith("Activities"));
    noClasses()
        .that(workflowCode)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "java.io..", "java.nio..", "java.net..", "java.sql..", "java.util.concurrent..")
                .and(not(JavaClass.Predicates.assignableTo(java.io.Serializable.class))))
        .check(all);
    noClasses()
        .that(workflowCode)
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .check(all);
    noClasses().that(workflowCode).should().callMethod(System.class, "nanoTime").check(all);
    noClasses().that(workflowCode).should().callMethod(java.time.Instant.class, "now").check(all);
    noClasses()
        .that(workflowCode)
        .should()
        .callMethod(java.util.UUID.class, "randomUUID")
        .check(all);
    noClasses().that(workflowCode).should().callMethod(Math.class, "random").check(all);
    noClasses()
        .that(workflowCode)
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(
            Thread.class, java.util.Random.class, java.time.Clock.class, java.util.Timer.class)
        .check(all);
  }

  @TestFactory
  List<DynamicTest> technologiesAreReachedThroughTheirFactoryOnly() {
    return List.of(
            "io.duckmesh.bus.postgres",
            "io.duckmesh.catalog.postgres",
            "io.duckmesh.engine.objects.local",
            "io.duckmesh.engine.objects.s3",
            "io.duckmesh.engine.query.duckdb")
        .stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      List<JavaClass> open =
                          all.stream()
                              .filter(type -> type.getPackageName().equals(name))
                              .filter(JavaClass::isTopLevelClass)
                              .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                              .filter(type -> !type.isRecord())
                              .toList();

                      assertThat(open).extracting(JavaClass::getSimpleName).hasSize(1);
                    }))
        .toList();
  }

  @Test
  void onlyThisModuleKnowsWhichTechnologyIsBehindALeaf() {
    noClasses()
        .that()
        .resideInAnyPackage("io.duckmesh.api..", "io.duckmesh.activities..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.duckmesh.bus.postgres..",
            "io.duckmesh.catalog.postgres..",
            "io.duckmesh.engine.objects.local..",
            "io.duckmesh.engine.objects.s3..",
            "io.duckmesh.engine.query.duckdb..")
        .check(all);
    noClasses()
        .that()
        .resideInAnyPackage("io.duckmesh.worker.cli..", "io.duckmesh.worker.dev..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.duckmesh.bus..",
            "io.duckmesh.catalog..",
            "io.duckmesh.engine..",
            "io.duckmesh.api..")
        .check(all);
  }

  @Test
  void onlyTheTerminalWritesToStandardOutput() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.duckmesh.worker.cli.Terminal")
        .and()
        // A process of its own, whose output is its word to its parent.
        .doNotHaveFullyQualifiedName("io.duckmesh.engine.query.duckdb.process.QueryProcess")
        .and()
        .resideOutsideOfPackage("io.duckmesh.bench..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(all);
  }

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("io.duckmesh.(*)..")
        .should()
        .beFreeOfCycles()
        .check(all);
  }

  @Test
  void theClientNeedsNoServerClasses() {
    classes()
        .that()
        .resideInAPackage("io.duckmesh.worker.cli..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.duckmesh.worker.cli..",
            "java..",
            "picocli..",
            "tools.jackson..",
            "dev.failsafe..",
            // Gzip with several members; on the client's class path, as the launcher lists it.
            "org.apache.commons.compress..",
            "org.jspecify..")
        .check(all);
  }

  private static DescribedPredicate<JavaClass> not(
      DescribedPredicate<? super JavaClass> predicate) {
    return DescribedPredicate.not(predicate).forSubtype();
  }
}
