/// The contract with building management systems, to be handed to their makers: WSDL 1.1, document/literal wrapped, bound to
/// SOAP 1.1 and 1.2.
package enum BuildingWSDL {
    /// Of all elements inside `Body`, and the stem of `SOAPAction`.
    package static let namespace = "urn:switchyard:building:1"

    /// The service with placeholder addresses.
    package static let text = text(endpoint: "http://building.example/soap/building")

    /// The service at `endpoint`, an absolute URL. Characters that mean something to XML are escaped.
    package static func text(endpoint: String) -> String {
        let safe = endpoint.unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }
            .map { escapes[$0] ?? String($0) }.joined()
        return head + types + messages + portType + bindings + service(safe)
    }

    private static let escapes: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"]

    private static let head = """
        <?xml version="1.0" encoding="utf-8"?>
        <wsdl:definitions name="Building" targetNamespace="urn:switchyard:building:1"
            xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
            xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
            xmlns:b="urn:switchyard:building:1">
          <wsdl:documentation>
            Demand response writes set-points into slots of BACnet's 16-slot priority array and gives them back.

            Keys. X-Idempotency-Key (HTTP header) and idempotency_token (body) are equal. A token that was ACCEPTED or APPLIED
            is never carried out again: the answer is DUPLICATE, with what became of it in `earlier`. A token that was REJECTED,
            or whose execution FAILED, had no effect and is tried anew. The same token with other content is REJECTED with
            KEY_REUSED. Remember tokens for 24 hours at least, also over a restart.

            NULL (xsi:nil) gives a slot up; giving up an empty slot is APPLIED. At expiresAt the building gives the slot up by
            itself. Only priorities 8 to 15 are ever used. APPLIED means written and read back.

            Faults. Answer a Client (Sender) fault only when nothing was done and repeating is in vain. Fault codes: BUSY,
            LOCKOUT, RATE_LIMITED, STARTING, MAINTENANCE: not now, nothing was done. UNKNOWN_POINT, INVALID_PRIORITY,
            INVALID_VALUE, NOT_WRITABLE, EXPIRED, KEY_REUSED, DENIED, MALFORMED: never, nothing was done. COMMUNICATION_FAILED,
            READBACK_FAILED: something may have been done. DUPLICATE, where a fault must be answered to a repeated token: it is
            asked for by GetExecution.

            Messages: UTF-8, at most 1 MiB and 20,000 elements, without DOCTYPE and processing instructions.
            GET on `health` beside the endpoint (http://host/soap/building: http://host/soap/health) answers 200 while commands
            are taken.
          </wsdl:documentation>

        """

    private static let types = """
          <wsdl:types>
            <xs:schema targetNamespace="urn:switchyard:building:1" elementFormDefault="qualified">
              <xs:simpleType name="Token"><xs:restriction base="xs:token">
                <xs:pattern value="[!-~]{1,200}"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="PointId"><xs:restriction base="xs:string">
                <xs:pattern value="[!-~]([ -~]{0,126}[!-~])?"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="Priority"><xs:restriction base="xs:int">
                <xs:minInclusive value="1"/><xs:maxInclusive value="16"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="CommandState"><xs:restriction base="xs:string">
                <xs:enumeration value="ACCEPTED"/><xs:enumeration value="APPLIED"/>
                <xs:enumeration value="REJECTED"/><xs:enumeration value="DUPLICATE"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="EarlierState"><xs:restriction base="xs:string">
                <xs:enumeration value="ACCEPTED"/><xs:enumeration value="APPLIED"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="ExecutionState"><xs:restriction base="xs:string">
                <xs:enumeration value="PENDING"/><xs:enumeration value="APPLIED"/>
                <xs:enumeration value="FAILED"/><xs:enumeration value="UNKNOWN"/>
              </xs:restriction></xs:simpleType>
              <xs:simpleType name="Quality"><xs:restriction base="xs:string">
                <xs:enumeration value="GOOD"/><xs:enumeration value="UNCERTAIN"/><xs:enumeration value="BAD"/>
              </xs:restriction></xs:simpleType>

              <xs:element name="ExecuteCommands"><xs:complexType><xs:sequence>
                <xs:element name="correlationId" type="b:Token"/>
                <xs:element name="idempotency_token" type="b:Token"/>
                <xs:element name="item" maxOccurs="1000"><xs:complexType><xs:sequence>
                  <xs:element name="point" type="b:PointId"/>
                  <xs:element name="value" type="xs:double" nillable="true"/>
                  <xs:element name="priority" type="b:Priority"/>
                  <xs:element name="expiresAt" type="xs:dateTime" minOccurs="0"/>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="ExecuteCommandsResponse"><xs:complexType><xs:sequence>
                <xs:element name="idempotency_token" type="b:Token"/>
                <xs:element name="item" maxOccurs="1000"><xs:complexType><xs:sequence>
                  <xs:element name="point" type="b:PointId"/>
                  <xs:element name="executionId" type="b:Token" minOccurs="0"/>
                  <xs:element name="state" type="b:CommandState"/>
                  <xs:element name="earlier" type="b:EarlierState" minOccurs="0"/>
                  <xs:element name="faultCode" type="xs:string" minOccurs="0"/>
                  <xs:element name="message" type="xs:string" minOccurs="0"/>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>

              <xs:element name="GetExecution"><xs:complexType><xs:choice>
                <xs:element name="executionId" type="b:Token"/>
                <xs:element name="idempotency_token" type="b:Token"/>
              </xs:choice></xs:complexType></xs:element>
              <xs:element name="GetExecutionResponse"><xs:complexType><xs:sequence>
                <xs:element name="execution" maxOccurs="1000"><xs:complexType><xs:sequence>
                  <xs:element name="executionId" type="b:Token" minOccurs="0"/>
                  <xs:element name="point" type="b:PointId" minOccurs="0"/>
                  <xs:element name="state" type="b:ExecutionState"/>
                  <xs:element name="readback" type="xs:double" nillable="true" minOccurs="0"/>
                  <xs:element name="faultCode" type="xs:string" minOccurs="0"/>
                  <xs:element name="message" type="xs:string" minOccurs="0"/>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>

              <xs:element name="ReadPoints"><xs:complexType><xs:sequence>
                <xs:element name="point" type="b:PointId" minOccurs="0" maxOccurs="10000"/>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="ReadPointsResponse"><xs:complexType><xs:sequence>
                <xs:element name="point" minOccurs="0" maxOccurs="10000"><xs:complexType><xs:sequence>
                  <xs:element name="id" type="b:PointId"/>
                  <xs:element name="value" type="xs:double"/>
                  <xs:element name="priorityArray"><xs:complexType><xs:sequence>
                    <xs:element name="slot" type="xs:double" nillable="true" minOccurs="16" maxOccurs="16"/>
                  </xs:sequence></xs:complexType></xs:element>
                  <xs:element name="activePriority" type="b:Priority" minOccurs="0"/>
                  <xs:element name="quality" type="b:Quality"/>
                  <xs:element name="timestamp" type="xs:dateTime"/>
                  <xs:sequence minOccurs="0">
                    <xs:annotation><xs:documentation>
                      kind: cooling, heating (°C), light (0 to 1 of full), switched (1 on, 0 off). Leave all of this away for a
                      point that cannot be commanded; other kinds are taken for such.
                    </xs:documentation></xs:annotation>
                    <xs:element name="kind" type="xs:string"/>
                    <xs:element name="zone" type="b:PointId"/>
                    <xs:element name="normal" type="xs:double"/>
                    <xs:element name="ratedKW" type="xs:double" minOccurs="0"/>
                    <xs:element name="critical" type="xs:boolean"/>
                    <xs:element name="longestShedSeconds" type="xs:int" minOccurs="0"/>
                  </xs:sequence>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>

              <xs:element name="ReleaseAll"><xs:complexType><xs:sequence>
                <xs:element name="idempotency_token" type="b:Token"/>
                <xs:element name="priority" type="b:Priority" maxOccurs="16"/>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="ReleaseAllResponse"><xs:complexType><xs:sequence>
                <xs:element name="idempotency_token" type="b:Token"/>
                <xs:element name="released" type="b:PointId" minOccurs="0" maxOccurs="10000"/>
                <xs:element name="failed" minOccurs="0" maxOccurs="10000"><xs:complexType><xs:sequence>
                  <xs:element name="point" type="b:PointId"/>
                  <xs:element name="faultCode" type="xs:string"/>
                  <xs:element name="message" type="xs:string"/>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>

              <xs:element name="BuildingFault"><xs:complexType><xs:sequence>
                <xs:element name="faultCode" type="xs:string"/>
                <xs:element name="message" type="xs:string"/>
              </xs:sequence></xs:complexType></xs:element>
            </xs:schema>
          </wsdl:types>

        """

    private static let operations = BuildingOperation.Name.allCases.map(\.rawValue)

    private static let messages =
        operations.map { name in
            """
              <wsdl:message name="\(name)"><wsdl:part name="parameters" element="b:\(name)"/></wsdl:message>
              <wsdl:message name="\(name)Response">
                <wsdl:part name="parameters" element="b:\(name)Response"/>
              </wsdl:message>

            """
        }.joined() + """
              <wsdl:message name="BuildingFault"><wsdl:part name="fault" element="b:BuildingFault"/></wsdl:message>

            """

    private static let portType =
        """
          <wsdl:portType name="Building">

        """
        + operations.map { name in
            """
                <wsdl:operation name="\(name)">
                  <wsdl:input message="b:\(name)"/><wsdl:output message="b:\(name)Response"/>
                  <wsdl:fault name="BuildingFault" message="b:BuildingFault"/>
                </wsdl:operation>

            """
        }.joined() + """
              </wsdl:portType>

            """

    private static let bindings = binding("Building11", "soap") + binding("Building12", "soap12")

    private static func binding(_ name: String, _ prefix: String) -> String {
        """
          <wsdl:binding name="\(name)" type="b:Building">
            <\(prefix):binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>

        """
            + operations.map { operation in
                """
                    <wsdl:operation name="\(operation)">
                      <\(prefix):operation soapAction="\(namespace)/\(operation)"/>
                      <wsdl:input><\(prefix):body use="literal"/></wsdl:input>
                      <wsdl:output><\(prefix):body use="literal"/></wsdl:output>
                      <wsdl:fault name="BuildingFault"><\(prefix):fault name="BuildingFault" use="literal"/></wsdl:fault>
                    </wsdl:operation>

                """
            }.joined() + """
                  </wsdl:binding>

                """
    }

    private static func service(_ endpoint: String) -> String {
        """
          <wsdl:service name="BuildingService">
            <wsdl:port name="Soap11" binding="b:Building11"><soap:address location="\(endpoint)"/></wsdl:port>
            <wsdl:port name="Soap12" binding="b:Building12"><soap12:address location="\(endpoint)"/></wsdl:port>
          </wsdl:service>
        </wsdl:definitions>

        """
    }
}
