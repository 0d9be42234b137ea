// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import dev.virtwire.client.xml.XmlElement;
import java.util.List;

/**
 * The tags in a guest's metadata: an element {@code backup} of our namespace with elements {@code tag}. Title and
 * description are for people, and a tag in them would be found by accident.
 *
 * @since 0.1
 */
public final class GuestTags {
    /** The namespace of the element. */
    public static final String NAMESPACE = "https://virtwire.dev/xmlns/domain/1";

    private static final String ELEMENT = "backup";

    private GuestTags() {}

    /**
     * The tags of the element.
     *
     * @param xml as libvirt gives it
     * @throws IllegalArgumentException if it is something else
     */
    static List<String> of(String xml) {
        return XmlElement.parse("backup tags", ELEMENT, xml).children("tag").stream()
                .map(XmlElement::text)
                .filter(tag -> !tag.isEmpty())
                .toList();
    }
}
