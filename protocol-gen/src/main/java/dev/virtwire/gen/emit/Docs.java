// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.AnnotationSpec;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Names;
import dev.virtwire.gen.model.Procedure;
import java.util.List;
import java.util.Locale;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.Nullable;

/** Javadoc from tables' comments. */
final class Docs {
    /** The version of Virtwire that has brought a type; what the members name is libvirt's version. */
    static final CodeBlock SINCE = CodeBlock.of("\n@since 0.1\n");

    private Docs() {}

    /** The text, safe in Javadoc; a stand-in if the table says nothing. */
    static String text(String doc, String otherwise) {
        return escape(doc.isEmpty() ? otherwise : doc);
    }

    /** The text as a sentence: comments behind a constant start small and have no full stop. */
    static String sentence(String doc, String otherwise) {
        String text = text(doc, otherwise);
        return Names.upper(text) + (text.endsWith(".") || text.endsWith("?") ? "" : ".");
    }

    /** The line that names a function of libvirt's C API; empty for none. */
    static CodeBlock function(@Nullable String function) {
        return function == null ? CodeBlock.of("") : CodeBlock.of("\n<p>libvirt's function: {@code $L}.\n", function);
    }

    /** Says that a call which passes file descriptors is refused; empty for one that passes none. */
    static CodeBlock files(Procedure procedure) {
        return procedure.fds() == Procedure.Fds.NONE
                ? CodeBlock.of("")
                : CodeBlock.of("\n<p>It passes file descriptors, which this client cannot do: it is refused.\n");
    }

    /** What the table says, and its line. */
    static CodeBlock of(String doc, String otherwise, String source) {
        return CodeBlock.of("$L\n\n<pre>$L</pre>\n", text(doc, otherwise), escape(source));
    }

    /** A tag for each field that the table says something about. */
    static CodeBlock parameters(List<Field> fields) {
        CodeBlock.Builder tags = CodeBlock.builder();
        for (Field field : fields) {
            if (!field.doc().isEmpty()) {
                tags.add("@param $L $L\n", field.name(), escape(field.doc()));
            }
        }
        return tags.build();
    }

    /** Says that nobody should edit the class. */
    static TypeSpec.Builder generated(TypeSpec.Builder type) {
        return type.addAnnotation(AnnotationSpec.builder(Generated.class)
                .addMember("value", "$S", "dev.virtwire.gen")
                .build());
    }

    /** The same of a type that users see, whose Javadoc ends here. */
    static TypeSpec.Builder published(TypeSpec.Builder type) {
        return generated(type.addJavadoc(SINCE));
    }

    /** {@code DomainBackupBegin} as {@code domain backup begin}. */
    static String words(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("@", "&#64;")
                .replace("*/", "*&#47;");
    }
}
