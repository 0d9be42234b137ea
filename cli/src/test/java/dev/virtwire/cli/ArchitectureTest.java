// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.virtwire.client.ConnectOptions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The directions in which modules may know each other. It stands here because this module sees all others. */
class ArchitectureTest {
    /** Each module, and which others its classes may use. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            entry("xdr", Set.of()),
            entry("protocol", Set.of("xdr")),
            entry("nbd", Set.of()),
            entry("image", Set.of()),
            entry("client", Set.of("protocol", "xdr")),
            entry("ssh", Set.of("client")),
            entry("repository", Set.of("image")),
            entry("backup", Set.of("client", "protocol", "nbd", "image", "repository")),
            entry("jobs", Set.of("client", "image", "repository", "backup")),
            entry("micrometer", Set.of("client", "protocol", "image", "repository", "backup")),
            entry("cli", Set.of("client", "protocol", "image", "repository", "backup", "jobs")),
            entry("testkit", Set.of("protocol", "xdr")));

    /** What the client does for the backup and not for its users. */
    private static final String ACCESS = "dev.virtwire.client.internal.access";

    private static final String FILES = "dev.virtwire.image.internal.files";

    private static final String DURABLE = "dev.virtwire.repository.internal.format";

    /** What the client shows to its module for ssh: the seam, and what a transport stands on. */
    private static final List<String> SEAM = Stream.of("transport", "async", "auth", "config", "text")
            .map(name -> "dev.virtwire.client.internal." + name)
            .toList();

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                // The tests of other modules, if a build has packed them.
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("dev.virtwire");
    }

    @Test
    void everyModuleIsLookedAt() {
        for (String module : MAY_USE.keySet()) {
            assertThat(classes.that(resideInAPackage(in(module)))).as(module).isNotEmpty();
        }
    }

    @Test
    void modulesUseOnlyThoseBelowThem() {
        MAY_USE.forEach((module, allowed) -> {
            String[] forbidden = Stream.concat(MAY_USE.keySet().stream(), Stream.of("gen"))
                    .filter(other -> !other.equals(module) && !allowed.contains(other))
                    .map(ArchitectureTest::in)
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(in(module))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden)
                    .check(classes);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbd", "image", "repository", "backup", "jobs", "cli"})
    void onlyTheClientKnowsNetty(String module) {
        noClasses()
                .that()
                .resideInAPackage(in(module))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(classes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xdr", "nbd", "image", "client", "ssh", "backup", "jobs", "cli", "testkit"})
    void internalPackagesAreForTheirModuleAlone(String module) {
        noClasses()
                .that()
                .resideOutsideOfPackages(in(module), in("ssh"))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.virtwire." + module + "..internal..")
                        .and(not(resideInAPackage(ACCESS)))
                        .and(not(resideInAPackage(FILES))))
                .check(classes);
    }

    /** A chain's digest files share the descriptors of its images. */
    @Test
    void whatTheImageModuleKeepsOpenIsForTheRepositoryAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackages(in("image"), in("repository"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(FILES)
                .check(classes);
    }

    @Test
    void whatTheClientKeepsForOurUpperFloorsIsForTheBackupAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackages(in("client"), in("backup"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ACCESS)
                .check(classes);
    }

    /** What makes points out of a host's disks has to write what verify reads. */
    @Test
    void theRepositoryIsOpenToTheBackupAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackages(in("repository"), in("backup"))
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.virtwire.repository..internal..").and(not(resideInAPackage(DURABLE))))
                .check(classes);
    }

    /** Jobs write small files that have to last too. */
    @Test
    void howTheRepositoryMakesFilesLastIsForTheJobsToo() {
        noClasses()
                .that()
                .resideOutsideOfPackages(in("repository"), in("backup"), in("jobs"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(DURABLE)
                .check(classes);
    }

    @Test
    void theModuleForSshKnowsOfOthersInternalsTheSeamAlone() {
        noClasses()
                .that()
                .resideInAPackage(in("ssh"))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.virtwire..internal..")
                        .and(not(resideInAnyPackage(SEAM.toArray(String[]::new))))
                        .and(not(resideInAPackage(in("ssh")))))
                .check(classes);
    }

    /** A fleet's server will use it too. */
    @Test
    void theJobsKnowNoCommandLine() {
        noClasses()
                .that()
                .resideInAPackage(in("jobs"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(classes);
    }

    @Test
    void onlyTheModuleForSshKnowsSshd() {
        noClasses()
                .that()
                .resideOutsideOfPackage(in("ssh"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.sshd..")
                .check(classes);
    }

    /** xdr and the generated codecs speak Netty by design, and are for client and testkit. */
    @Test
    void noPublicSignatureNamesNettyButTheOneOption() {
        DescribedPredicate<JavaClass> theOption = DescribedPredicate.describe(
                "ConnectOptions",
                type -> type.isEquivalentTo(ConnectOptions.class) || type.isEquivalentTo(ConnectOptions.Builder.class));
        DescribedPredicate<JavaClass> api = isPublicApi().and(not(theOption));
        codeUnits()
                .that()
                .areDeclaredInClassesThat(api)
                .and()
                .arePublic()
                .should(nameNoneOf(resideInAPackage("io.netty..")))
                .check(classes);
        fields().that()
                .areDeclaredInClassesThat(api)
                .and()
                .arePublic()
                .should(nameNoneOf(resideInAPackage("io.netty..")))
                .check(classes);
    }

    @Test
    void noPublicSignatureNamesAnInternalType() {
        codeUnits()
                .that()
                .areDeclaredInClassesThat(isPublicApi())
                .and()
                .arePublic()
                .should(nameNoneOf(resideInAPackage("dev.virtwire..internal..")))
                .check(classes);
    }

    private static String in(String module) {
        return "dev.virtwire." + module + "..";
    }

    private static DescribedPredicate<JavaClass> isPublicApi() {
        return resideInAnyPackage(List.of("client", "nbd", "image", "repository", "backup", "jobs").stream()
                        .map(ArchitectureTest::in)
                        .toArray(String[]::new))
                .and(not(resideInAPackage("..internal..")))
                .and(DescribedPredicate.describe(
                        "public", type -> type.getModifiers().contains(JavaModifier.PUBLIC)));
    }

    private static <M extends JavaMember> ArchCondition<M> nameNoneOf(DescribedPredicate<JavaClass> forbidden) {
        return new ArchCondition<>("name no type that does " + forbidden.getDescription()) {
            @Override
            public void check(M member, ConditionEvents events) {
                Set<JavaClass> named = member instanceof JavaCodeUnit unit
                        ? Stream.concat(
                                        unit.getReturnType().getAllInvolvedRawTypes().stream(),
                                        unit.getParameterTypes().stream()
                                                .flatMap(type -> type.getAllInvolvedRawTypes().stream()))
                                .collect(java.util.stream.Collectors.toSet())
                        : member.getAllInvolvedRawTypes();
                named.stream()
                        .filter(forbidden)
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                member, member.getFullName() + " names " + type.getName())));
            }
        };
    }
}
