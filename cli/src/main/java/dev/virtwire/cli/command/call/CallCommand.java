// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.command.call.Description.Called;
import dev.virtwire.cli.command.call.Description.Field;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainRef;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire call}: any procedure of libvirt by its name in the protocol tables. */
@Command(
        name = "call",
        description =
                "Call any procedure of libvirt, with its arguments as a JSON object. Its result is printed as JSON.",
        sortOptions = false)
public final class CallCommand extends ConnectedCommand {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PROCEDURE",
            completionCandidates = Names.class,
            description = "Its name in the protocol tables, such as DomainGetInfo, or its number.")
    private @Nullable String name;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "JSON",
            description = "The arguments: '{\"domain\": \"web1\"}'. Flags, arrays and optional fields may be left out.")
    private String arguments = "{}";

    @Option(names = "--list", description = "List the procedures, or those whose names contain PROCEDURE.")
    private boolean list;

    @Option(
            names = "--describe",
            description = "Describe PROCEDURE: its arguments, its result, and what they are made of.")
    private boolean describe;

    /** Those that a shell completes. They are read only if somebody asks for them. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Description.load().procedures().stream().map(Called::name).iterator();
        }
    }

    private @Nullable Description loaded;
    private @Nullable UnknownProcedure unknown;
    private Map<?, ?> given = Map.of();

    @Override
    public Integer call() throws Exception {
        if (list) {
            return list(name == null ? "" : name.toLowerCase(Locale.ROOT));
        }
        if (name == null) {
            throw CommandException.usage("name a PROCEDURE; virtwire call --list names those that there are", null);
        }
        unknown = UnknownProcedure.parse(description(), name);
        if (unknown != null && !describe) {
            given = object(name);
            unknown.arguments(given);
            note(unknown.name() + " is not in the tables of this version: its arguments are sent as they are");
            return super.call();
        }
        Called called = description().procedure(name);
        if (describe) {
            return describe(called);
        }
        if (!called.obstacle().isEmpty()) {
            throw CommandException.failed(
                    called.name() + " cannot be called by this command: " + called.obstacle(), null);
        }
        given = object(called.name());
        // Read once without a host, so that what is wrong is said before anything is connected to or sent.
        Values values = values(called, domain -> new DomainRef(domain, new UUID(0, 0), -1));
        values.toArguments(called, given);
        values.unnamed().forEach(this::note);
        return super.call();
    }

    /** Read when it is needed: the command itself is made for every page of help. */
    private Description description() {
        if (loaded == null) {
            loaded = Description.load();
        }
        return loaded;
    }

    private int list(String part) {
        List<Called> found = description().procedures().stream()
                .filter(procedure -> procedure.name().toLowerCase(Locale.ROOT).contains(part))
                .toList();
        if (json()) {
            printJson(json -> {
                json.writeArrayFieldStart("procedures");
                for (Called procedure : found) {
                    json.writeStartObject();
                    json.writeStringField("name", procedure.name());
                    json.writeStringField("program", procedure.program());
                    json.writeStringField("area", procedure.text("area"));
                    json.writeStringField("since", procedure.text("since"));
                    json.writeStringField("function", empty(procedure.text("function"), null));
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
            return ExitCode.DONE;
        }
        Table table = Table.of("PROCEDURE", "SINCE", "FUNCTION");
        found.forEach(procedure -> table.row(
                procedure.name(), procedure.text("since"), String.valueOf(empty(procedure.text("function"), "-"))));
        table.print(console());
        return ExitCode.DONE;
    }

    private int describe(Called called) {
        if (json()) {
            printJson(json -> {
                json.writeStringField("program", called.program());
                for (Map.Entry<String, ?> entry : called.entry().entrySet()) {
                    json.writeFieldName(entry.getKey());
                    JsonTree.write(json, entry.getValue());
                }
            });
            return ExitCode.DONE;
        }
        line("%s, number %s of program %s, since libvirt %s"
                .formatted(called.name(), called.entry().get("number"), called.program(), called.text("since")));
        for (String more : List.of(called.text("doc"), called.text("function"), called.obstacle())) {
            if (!more.isEmpty()) {
                line(more);
            }
        }
        Set<String> types = new LinkedHashSet<>();
        fields("arguments", called.fields("arguments"), types);
        fields("result", called.fields("result"), types);
        // Types that are found on the way are added behind.
        for (List<String> next = List.copyOf(types); !next.isEmpty(); ) {
            Set<String> found = new LinkedHashSet<>();
            next.forEach(type -> type(type, found));
            found.removeAll(types);
            types.addAll(found);
            next = List.copyOf(found);
        }
        return ExitCode.DONE;
    }

    private void type(String type, Set<String> found) {
        description().declared("structs", type).ifPresent(fields -> fields(type, fields, found));
        description().declared("unions", type).ifPresent(arms -> fields(type + ", one of", arms, found));
        description()
                .constants(type)
                .ifPresent(
                        constants -> out().println("\n" + type + (description().isFlags(type) ? ", any of" : ", one of")
                                + "\n  " + String.join(", ", constants.keySet())));
    }

    private void fields(String title, List<Field> fields, Set<String> types) {
        if (fields.isEmpty()) {
            return;
        }
        out().println("\n" + title);
        for (Field field : fields) {
            out().println("  " + field.name() + ": " + field.type()
                    + (field.doc().isEmpty() ? "" : "  # " + field.doc()));
            types.add(field.type().replaceFirst("[(\\[? ].*", ""));
        }
    }

    private static @Nullable String empty(String text, @Nullable String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    @Override
    protected int run(Libvirt libvirt) {
        Map<String, ?> fields = unknown == null
                ? callKnown(libvirt)
                : UnknownProcedure.result(
                        await(libvirt.call(unknown.procedure(), unknown.arguments(given), CallOptions.DEFAULT)));
        printJson(out -> {
            for (Map.Entry<String, ?> field : fields.entrySet()) {
                out.writeFieldName(field.getKey());
                JsonTree.write(out, field.getValue());
            }
        });
        return ExitCode.DONE;
    }

    private Map<String, ?> callKnown(Libvirt libvirt) {
        Called called = description().procedure(String.valueOf(name));
        // Null for a procedure that has no arguments.
        Object record = values(
                        called,
                        domain -> await(new DomainCalls(libvirt).domainLookupByName(domain))
                                .domain())
                .toArguments(called, given);
        Object result = call(libvirt, description().toCall(called), record);
        return result == null
                ? Map.of()
                : new Values(description(), called.program()).toJson(called.fields("result"), result);
    }

    private Values values(Called called, Function<String, DomainRef> domainByName) {
        return new Values(description(), called.program(), domainByName);
    }

    /** The arguments fit the procedure, for both come from the same table; null if it has no arguments. */
    @SuppressWarnings({"unchecked", "NullAway"})
    private static <A, R> @Nullable Object call(
            Libvirt libvirt, Procedure<A, R> procedure, @Nullable Object arguments) {
        return await(libvirt.call(procedure, (A) arguments, CallOptions.DEFAULT));
    }

    private Map<?, ?> object(String procedure) {
        try (JsonParser parser = new JsonFactory().createParser(arguments)) {
            if (JsonTree.read(parser) instanceof Map<?, ?> object) {
                return object;
            }
            throw CommandException.usage("the arguments of " + procedure + " are not a JSON object", null);
        } catch (JsonProcessingException e) {
            throw CommandException.usage(
                    "the arguments of " + procedure + " are not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw CommandException.usage("the arguments of " + procedure + " are not JSON: " + e.getMessage(), e);
        }
    }
}
