// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** A pom.xml, as far as a release is judged by it. */
final class Pom {
    /** What Maven Central demands of each. */
    private static final List<String> OWN = List.of("artifactId", "name", "description");

    /** What it demands too, and what a parent may say for all. */
    private static final List<String> INHERITED = List.of(
            "groupId",
            "version",
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "scm/connection",
            "scm/developerConnection",
            "scm/url");

    private final Document document;

    private Pom(Document document) {
        this.document = document;
    }

    static Pom read(Path file) throws IOException {
        try {
            return new Pom(
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()));
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + " is no XML: " + e.getMessage(), e);
        }
    }

    /** What is demanded, and said neither here nor in the parent. */
    List<String> missing(@Nullable Pom parent) {
        return Stream.concat(
                        OWN.stream().filter(element -> text(element).isEmpty()),
                        INHERITED.stream()
                                .filter(element -> text(element).isEmpty()
                                        && (parent == null
                                                || parent.text(element).isEmpty())))
                .toList();
    }

    String version(@Nullable Pom parent) {
        return !text("version").isEmpty() || parent == null ? text("version") : parent.text("version");
    }

    /** The text of an element below the project, by its path; empty if it is missing. */
    String text(String path) {
        List<String> texts = texts(path);
        return texts.isEmpty() ? "" : texts.get(0);
    }

    /** The texts of all such elements. */
    List<String> texts(String path) {
        XPath reader = XPathFactory.newInstance().newXPath();
        try {
            NodeList found = (NodeList) reader.evaluate("/project/" + path, document, XPathConstants.NODESET);
            return IntStream.range(0, found.getLength())
                    .mapToObj(i -> found.item(i).getTextContent().strip())
                    .toList();
        } catch (XPathExpressionException e) {
            throw new IllegalArgumentException(path, e);
        }
    }
}
