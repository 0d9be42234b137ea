// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XmlTest {
    private static final String EMOJI = new String(Character.toChars(0x1F40B));

    private static XmlElement read(String xml) {
        return XmlElement.parse("a page", "a", xml);
    }

    @Test
    void whatIsWrittenIsReadAsItWas() {
        String odd = "<&>'\" ]]> \t\n\r\u0085\u2028ä" + EMOJI + "\uFFFD";
        String xml = XmlWriter.document(
                "a",
                root -> root.attribute("x", odd)
                        .textElement("t", "_" + odd + "_")
                        .textElement("none", null));
        assertThat(read(xml).attribute("x")).isEqualTo(odd);
        assertThat(read(xml).childText("t")).isEqualTo("_" + odd + "_");
        assertThat(read(xml).has("none")).isFalse();
    }

    @Test
    void whatWasReadIsWrittenAsItWas() {
        String xml = "<a xmlns:q=\"http://q\"><!-- c --><q:b x=\"1&#10;2\"/>t&amp;&#13;<?p i?> <c> &lt; </c></a>";
        assertThat(read(xml).toXml()).isEqualTo(xml);
        assertThat(read("<?xml version='1.0'?><!-- c --><a><![CDATA[<&>]]></a>").toXml())
                .isEqualTo("<a>&lt;&amp;&gt;</a>");
    }

    /** Parsers and writers with buffers have cut pairs of surrogates in two. */
    @Test
    void charactersBeyondTheBasicPlaneSurviveAtEveryOffset() {
        for (String shift : new String[] {"", "x"}) {
            String many = shift + EMOJI.repeat(5000);
            String xml = "<a x=\"" + many + "\">" + many + "<![CDATA[" + many + "]]></a>";
            for (XmlElement read :
                    new XmlElement[] {read(xml), XmlElement.parse("a page", "a", xml.getBytes(StandardCharsets.UTF_8))
                    }) {
                assertThat(read.toXml()).isEqualTo("<a x=\"" + many + "\">" + many + many + "</a>");
            }
        }
    }

    @Test
    void storedBytesAreOfTheEncodingThatTheyDeclare() {
        byte[] latin = "<?xml version='1.0' encoding='ISO-8859-1'?><a>ä</a>".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(XmlElement.parse("a page", "a", latin).text()).isEqualTo("ä");
        assertThatThrownBy(() -> XmlElement.parse("a page", "a", "<a>ä</a>".getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a page, line 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0000", "\u0001", "\uFFFE", "\uD83D"})
    void whatXmlCannotExpressIsRefusedAndNotSent(String character) {
        assertThatThrownBy(() -> XmlWriter.document("a", root -> root.text(character)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("XML cannot express the character U+%04X".formatted((int) character.charAt(0)));
        assertThatThrownBy(() -> read("<?xml version='1.1'?><a>&#1;</a>"))
                .hasMessage("a page: it is of XML 1.1, not 1.0");
    }

    /** QEMU takes 200 images in a chain, and each stands inside the one above it. */
    @Test
    void aChainOfImagesMayBeAsLongAsQemuTakesItAndADocumentNotMuchDeeper() {
        String chain = "<a>" + "<b>".repeat(210) + "</b>".repeat(210) + "</a>";
        assertThat(read(chain).descendants("b")).hasSize(210);
        assertThat(read(chain).toXml()).hasSizeGreaterThan(1000);
        assertThatThrownBy(() -> read("<a>" + "<b>".repeat(300) + "</b>".repeat(300) + "</a>"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** JDK 24 and later bound by default how long a text may be that has a reference in it. */
    @Test
    void aTextMayBeLong() {
        String xml = "<a>" + "&amp;".repeat(200_000) + "</a>";
        assertThat(read(xml).toXml()).isEqualTo(xml);
    }

    @Test
    void anElementIsEmptiedButForWhatStays() {
        XmlElement root = read("<a><s x='1' y='2'> <h/><k z='3'><i/></k>text</s></a>");
        XmlElement source = root.childOrNew("s");
        source.clearExcept("k");
        source.set("file", "/x");
        root.childOrNew("d").setText("<");
        assertThat(root.toXml()).isEqualTo("<a><d>&lt;</d><s file=\"/x\"><k z=\"3\"><i/></k></s></a>");
        root.removeChildren("s", "none");
        assertThat(root.toXml()).isEqualTo("<a><d>&lt;</d></a>");
    }

    @Test
    void waysLeadToAllThatIsIn() {
        assertThat(read("<a x='1'><b><c y='1'/>text<c z='2'/></b><b/></a>").ways())
                .containsExactly("@x", "b", "b/c", "b/c@y", "b/c@z");
    }
}
