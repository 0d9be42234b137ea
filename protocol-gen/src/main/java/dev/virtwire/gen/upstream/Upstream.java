// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Procedure.Fds;
import dev.virtwire.gen.model.Procedure.Stream;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.upstream.XdrDefinition.Enumeration;
import dev.virtwire.gen.upstream.XdrDefinition.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Several {@code .x} files, read together, for one may use another's types. */
public final class Upstream {
    private static final Pattern ANNOTATION = Pattern.compile("@(\\w+):\\s*(\\S+)");

    /** Which calls pass file descriptors: the files do not say, only the code behind them does. */
    private static final Map<String, Fds> FDS = Map.of(
            "remote 249", Fds.SENDS,
            "remote 309", Fds.SENDS,
            "remote 310", Fds.SENDS,
            "remote 343", Fds.RETURNS,
            "remote 443", Fds.SENDS,
            "qemu 7", Fds.BOTH,
            "lxc 1", Fds.RETURNS);

    private final List<XdrDefinition> definitions;
    private final XdrTypes types;

    private Upstream(List<XdrDefinition> definitions) {
        this.definitions = definitions;
        this.types = new XdrTypes(definitions);
    }

    /**
     * Reads the files.
     *
     * @throws TableException with each syntax error of a file, or else with the first other error
     */
    static List<UpstreamProgram> read(List<Path> files) throws IOException {
        List<XdrDefinition> definitions = new ArrayList<>();
        for (Path file : files) {
            definitions.addAll(XdrParser.parse(file.toString(), Files.readString(file)));
        }
        return new Upstream(definitions).programs();
    }

    /** Reads texts by the names that error messages give them. */
    static List<UpstreamProgram> parse(Map<String, String> texts) {
        List<XdrDefinition> definitions = new ArrayList<>();
        texts.forEach((file, text) -> definitions.addAll(XdrParser.parse(file, text)));
        return new Upstream(definitions).programs();
    }

    /**
     * Each enum {@code x_procedure} makes a program, with the constants {@code X_PROGRAM} and {@code
     * X_PROTOCOL_VERSION}.
     */
    private List<UpstreamProgram> programs() {
        List<UpstreamProgram> programs = new ArrayList<>();
        for (XdrDefinition definition : definitions) {
            if (definition instanceof Enumeration procedures
                    && procedures.name().endsWith("_procedure")) {
                programs.add(program(procedures));
            }
        }
        return List.copyOf(programs);
    }

    private UpstreamProgram program(Enumeration enumeration) {
        String name = enumeration.name().replaceFirst("_procedure$", "");
        String prefix = name.toUpperCase(Locale.ROOT);
        List<UpstreamProcedure> procedures = new ArrayList<>();
        for (Member member : enumeration.members()) {
            procedures.add(procedure(name, prefix + "_PROC_", member));
        }
        return new UpstreamProgram(
                enumeration.position(),
                name,
                types.number(prefix + "_PROGRAM", enumeration.position()),
                types.number(prefix + "_PROTOCOL_VERSION", enumeration.position()),
                List.copyOf(procedures));
    }

    /**
     * By habit {@code X_PROC_Y} has arguments {@code x_y_args} and result {@code x_y_ret}, or is a message {@code
     * x_y_msg}.
     */
    private UpstreamProcedure procedure(String program, String prefix, Member member) {
        if (!member.name().startsWith(prefix)) {
            throw new TableException(member.position(), member.name() + " does not start with " + prefix);
        }
        String local = member.name().substring(prefix.length());
        String stem = program + "_" + local.toLowerCase(Locale.ROOT);
        String name = UpstreamNames.camel(local);
        int number = Math.toIntExact(types.number(member.value(), member.position()));
        Struct message = types.struct(stem + "_msg", Role.MESSAGE, name);
        Stream stream = Stream.NONE;
        boolean priority = false;
        boolean sparse = false;
        Matcher annotations = ANNOTATION.matcher(member.comment());
        while (annotations.find()) {
            switch (annotations.group(1)) {
                case "priority" -> priority = annotations.group(2).equals("high");
                case "readstream" -> stream = stream == Stream.SENDS ? Stream.BOTH : Stream.RECEIVES;
                case "writestream" -> stream = stream == Stream.RECEIVES ? Stream.BOTH : Stream.SENDS;
                case "sparseflag" -> sparse = true;
                default -> {
                    // Access control and libvirt's own stubs: nothing that the wire shows.
                }
            }
        }
        return new UpstreamProcedure(
                member.position(),
                number,
                name,
                types.struct(stem + "_args", Role.ARGUMENTS, name),
                types.struct(stem + "_ret", Role.RESULT, name),
                message,
                message != null || program.equals("keepalive"),
                priority,
                stream,
                sparse,
                FDS.getOrDefault(program + " " + number, Fds.NONE));
    }
}
