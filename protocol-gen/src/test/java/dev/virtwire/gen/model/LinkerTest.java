// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.table.TableParser;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinkerTest {
    private static final String HEADER = "program p 0x10 version 1 strings 100\narea A of p\n";

    /** What stands below the header, from line 3 on, and the error it makes. */
    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(
                        "1 One() since 1.0\n1 Two() since 1.0", "t.table:4: Two: the number 1 is taken by t.table:3"),
                Arguments.of(
                        "1 One() since 1.0\nevent 1 Two() since 1.0",
                        "t.table:4: Two: the number 1 is taken by t.table:3"),
                Arguments.of(
                        "1 One() since 1.0\n2 One() since 1.0",
                        "t.table:4: name clash: the Java class OneArgs comes of t.table:3 already"),
                Arguments.of("0 One() since 1.0", "t.table:3: One: 0 cannot be a procedure's number"),
                Arguments.of(
                        "1 one() since 1.0", "t.table:3: one: its name starts with a capital and has no underscore"),
                Arguments.of("1 One(a: Nothing) since 1.0", "t.table:3: unknown type Nothing"),
                Arguments.of("1 One(a: integer) since 1.0", "t.table:3: unknown type integer"),
                Arguments.of(
                        "1 One(a: opaque) since 1.0", "t.table:3: the opaque is unbounded, write how many at most"),
                Arguments.of("1 One(a: chars) since 1.0", "t.table:3: the chars is unbounded, write how many at most"),
                Arguments.of(
                        "1 One(a: int[]) since 1.0",
                        "t.table:3: field a: the array is unbounded, write how many at most"),
                Arguments.of("1 One(a: int[0]) since 1.0", "t.table:3: a bound of 0 is outside 1 to 2147483647"),
                Arguments.of(
                        "1 One(a: string(4294967296)) since 1.0",
                        "t.table:3: a bound of 4294967296 is outside 1 to 2147483647"),
                Arguments.of("1 One(a: string(=4)) since 1.0", "t.table:3: a string has no exact length"),
                Arguments.of("1 One(a: int(4)) since 1.0", "t.table:3: int takes no bound"),
                Arguments.of("1 One(a: int as uint) since 1.0", "t.table:3: int is not carried by something else"),
                Arguments.of(
                        "1 One(a: string as uint) since 1.0", "t.table:3: string is not carried by something else"),
                Arguments.of("1 One(a: int??) since 1.0", "t.table:3: field a is optional twice"),
                Arguments.of("1 One(a: int, a: int) since 1.0", "t.table:3: field a is there twice"),
                Arguments.of("1 One(class: int) since 1.0", "t.table:3: field class: Java keeps that name for itself"),
                Arguments.of("1 One(wait: int) since 1.0", "t.table:3: field wait: Java keeps that name for itself"),
                Arguments.of(
                        "1 One(A: int) since 1.0",
                        "t.table:3: field A: a field's name starts with a small letter and has no underscore"),
                Arguments.of(
                        "1 One(callOptions: int) since 1.0",
                        "t.table:3: field callOptions: generated methods keep that name for themselves"),
                Arguments.of("1 One() sends stream receives stream since 1.0", "t.table:3: One is marked stream twice"),
                Arguments.of("1 One() urgent urgent since 1.0", "t.table:3: One is marked urgent twice"),
                Arguments.of("struct S { }", "t.table:3: struct S has no fields"),
                Arguments.of(
                        "struct s { a: int }",
                        "t.table:3: s: a type's name starts with a capital and has no underscore"),
                Arguments.of("struct Process { a: int }", "t.table:3: Process is a class of java.lang"),
                Arguments.of("struct S {\n  a: S?\n}", "t.table:4: recursion: S -> S"),
                Arguments.of(
                        "struct S {\n  t: T\n}\nunion T {\n  1 u: U[4]\n}\nstruct U {\n  s: S\n}",
                        "t.table:10: recursion: S -> T -> U -> S"),
                Arguments.of(
                        "struct S { a: int }\nstruct S { b: int }",
                        "t.table:4: name clash: the Java class S comes of t.table:3 already"),
                Arguments.of(
                        "struct ss { a: int }\nstruct SS { b: int }",
                        "t.table:4: name clash: the Java class SS comes of t.table:3 already"),
                Arguments.of(
                        "struct OneArgs { a: int }\n1 One(b: int) since 1.0",
                        "t.table:4: name clash: the Java class OneArgs comes of t.table:3 already"),
                Arguments.of(
                        "struct ACalls { a: int }",
                        "t.table:3: name clash: the Java class ACalls comes of t.table:2 already"),
                Arguments.of("union U { 1 a: int, 1 b: int }", "t.table:3: arm 1 is there twice"),
                Arguments.of("union U { 1 a: int, 2 a: int }", "t.table:3: arm a is there twice"),
                Arguments.of("union U { 5000000000 a: int }", "t.table:3: 5000000000 is no 32-bit number"),
                Arguments.of("enum E { }", "t.table:3: E has no constants"),
                Arguments.of("enum E {\n  a = 1,\n  a = 2\n}", "t.table:5: constant a is there twice"),
                Arguments.of("enum E { a = 1, b = 1 }", "t.table:3: constant b: the number 1 is taken"),
                Arguments.of(
                        "enum E { A = 1 }",
                        "t.table:3: constant A: its name starts with a small letter and has no underscore"),
                Arguments.of("enum E { a = 5000000000 }", "t.table:3: constant a: 5000000000 is no 32-bit number"),
                Arguments.of("flags F { a = 3 }", "t.table:3: flag a: 3 is not a single bit"),
                Arguments.of("flags F { a = 0 }", "t.table:3: flag a: 0 is not a single bit"),
                Arguments.of(
                        "enum E: u64 { a = 1 }",
                        "t.table:3: u64 cannot carry an enum: int, uint, char, uchar or ushort can"),
                Arguments.of(
                        "flags F { a = 1 }\n1 One(f: F as char) since 1.0",
                        "t.table:4: char cannot carry flags: int, uint or u64 can"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorNamesFileLineAndWhatIsWrong(String below, String error) {
        assertThat(errorsOf(HEADER + below)).contains(error);
    }

    @Test
    void allErrorsAreFoundInOneRun() {
        assertThat(errorsOf(HEADER + "1 One(a: X) since 1.0\n1 Two(b: Y) since 1.0"))
                .containsExactly(
                        "t.table:4: Two: the number 1 is taken by t.table:3",
                        "t.table:3: unknown type X",
                        "t.table:4: unknown type Y");
    }

    @Test
    void aProgramMustGiveABoundForStringsOrEachStringMust() {
        assertThat(errorsOf("program p 1 version 1\narea A of p\n1 One(a: string) since 1.0"))
                .containsExactly("t.table:3: the string is unbounded and its program gives no bound for strings");
        assertThat(link("program p 1 version 1\narea A of p\n1 One(a: string(8)) since 1.0"))
                .hasSize(1);
    }

    @Test
    void programsAreDeclaredOnceAndReferToEachOtherByName() {
        assertThat(errorsOf("area A of p")).containsExactly("t.table:1: unknown program p");
        assertThat(errorsOf("program p 1 version 1 uses q\narea A of p"))
                .containsExactly("t.table:1: unknown program q");
        assertThat(errorsOf("program P 1 version 1\narea A of P"))
                .containsExactly("t.table:1: P cannot be the name of a Java package");
        assertThat(errorsOf("program p 0x100000000 version 1\narea A of p"))
                .containsExactly("t.table:1: program number 4294967296 is not an unsigned 32-bit number");
        assertThat(errorsOf("program p 1 version 1 uses p\narea A of p"))
                .containsExactly("t.table:1: program p uses itself");
        assertThat(errorsOf("program p 1 version 1\narea A of p", "program p 2 version 1\narea B of p"))
                .containsExactly("t2.table:1: program p is declared at t.table:1");
        assertThat(errorsOf("program p 1 version 1\narea A of p", "program q 1 version 1\narea B of q"))
                .containsExactly("t2.table:1: program q has the number of program p at t.table:1");
    }

    @Test
    void aProgramSeesTheTypesOfTheOneItUsesAndMayNotHideThem() {
        String first = "program p 1 version 1\narea A of p\nstruct S { a: int }";
        List<Program> programs = link(first, "program q 2 version 1 uses p\narea B of q\n1 One(s: S) since 1.0");
        assertThat(programs.get(1).borrowed()).extracting(Type::notation).containsExactly("S");
        assertThat(errorsOf(first, "program q 2 version 1 uses p\narea B of q\nstruct S { b: int }"))
                .containsExactly("t2.table:3: S is declared already, by program p at t.table:3");
        assertThat(errorsOf(first, "program q 2 version 1\narea B of q\n1 One(s: S) since 1.0"))
                .containsExactly("t2.table:3: unknown type S");
    }

    @Test
    void theOrderOfTablesAndDeclarationsDoesNotMatter() {
        List<Program> programs = link(
                "area B of p\n2 Two(s: S) since 1.0\nstruct T { a: int }",
                "program p 1 version 1\narea A of p\nstruct S { t: T[4] }");
        assertThat(programs.get(0).areas()).extracting(Area::name).containsExactly("B", "A");
    }

    private static List<Program> link(String... texts) {
        return Linker.link(Stream.iterate(0, i -> i < texts.length, i -> i + 1)
                .map(i -> TableParser.parse(i == 0 ? "t.table" : "t" + (i + 1) + ".table", texts[i]))
                .toList());
    }

    private static List<String> errorsOf(String... texts) {
        TableException error = catchThrowableOfType(TableException.class, () -> link(texts));
        assertThat(error).as("no error at all").isNotNull();
        return error.errors();
    }
}
