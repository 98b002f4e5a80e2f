package io.duckmesh.workflows;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;

@AnalyzeClasses(
    packages = "io.duckmesh.workflows",
    importOptions = ImportOption.DoNotIncludeTests.class)
class WorkflowCodeTest {
  @ArchTest
  static final ArchRule replayingGivesTheSameDecisions =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.duckmesh.workflows.schedule.temporal..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(UUID.class, "randomUUID")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Clock.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..", "java.nio..", "java.net..", "java.sql..", "java.util.concurrent..")
          .because("a workflow is replayed from its history, on any machine and at any time");

  @ArchTest
  static final ArchRule nothingButTheSdk =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.duckmesh.catalog..",
              "io.duckmesh.bus..",
              "io.duckmesh.engine..",
              "org.springframework..")
          .because("workflows is a leaf");
}
