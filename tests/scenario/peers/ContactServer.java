// SPDX-License-Identifier: GPL-3.0-or-later
//
// A customer on the reference implementation of JAX-WS: the service of contact.py as annotations,
// from which it makes its WSDLs: /document (SOAP 1.1), /document12 and /rpc. Each line on standard
// output is JSON: first {"port": N}, then one line a call. Ends when standard input does.

package contact;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import javax.jws.Oneway;
import javax.jws.WebMethod;
import javax.jws.WebParam;
import javax.jws.WebResult;
import javax.jws.WebService;
import javax.jws.soap.SOAPBinding;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlRootElement;
import javax.xml.bind.annotation.XmlSeeAlso;
import javax.xml.bind.annotation.XmlType;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.ws.BindingType;
import javax.xml.ws.Endpoint;
import javax.xml.ws.RequestWrapper;
import javax.xml.ws.ResponseWrapper;
import javax.xml.ws.WebFault;

public final class ContactServer {
    static final String NAMESPACE = "urn:example:contact";

    // --- types ---

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Party", propOrder = {"name", "phone"})
    @XmlSeeAlso({Person.class, Company.class})
    public abstract static class Party {
        @XmlElement(required = true) public String name;
        public String phone;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Person")
    public static class Person extends Party {
        public XMLGregorianCalendar born;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Company", propOrder = {"taxId", "branches"})
    public static class Company extends Party {
        @XmlElement(required = true) public String taxId;
        public int branches;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Timing", propOrder = {"startedAt", "durationSeconds"})
    public static class Timing {
        @XmlElement(required = true) public XMLGregorianCalendar startedAt;
        @XmlElement(required = true, nillable = true) public Integer durationSeconds;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Answer", propOrder = {"question", "score", "choices"})
    public static class Answer {
        @XmlElement(required = true) public String question;
        @XmlElement(required = true, nillable = true) public Integer score;
        public List<String> choices;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Answers")
    public static class Answers {
        public List<Answer> item;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Strings")
    public static class Strings {
        public List<String> item;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Summary", propOrder = {"count", "total", "questions"})
    public static class Summary {
        public int count;
        public int total;
        public Strings questions = new Strings();
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Session", propOrder = {"token", "tenant"})
    public static class Session {
        @XmlElement(required = true) public String token;
        @XmlElement(required = true) public String tenant;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Logged", propOrder = {"caseId", "timing", "party", "tags"})
    public static class Logged {
        @XmlElement(required = true) public String caseId;
        public Timing timing;
        public Party party;
        public Strings tags;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "NotFound", propOrder = {"phone", "reason"})
    public static class NotFound {
        public String phone;
        public String reason;
    }

    @WebFault(name = "NotFound", targetNamespace = NAMESPACE)
    public static class NotFoundException extends Exception {
        private final NotFound info;

        public NotFoundException(String message, NotFound info) {
            super(message);
            this.info = info;
        }

        public NotFound getFaultInfo() {
            return info;
        }
    }

    // --- what stands in the bodies ---

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "LogCallRequest", propOrder = {"uii", "timing", "party", "tags"})
    public static class LogCallRequest {
        @XmlElement(required = true) public String uii;
        @XmlElement(required = true) public Timing timing;
        @XmlElement(required = true) public Party party;
        @XmlElement(required = true) public Strings tags;
    }

    // Wrappers that other builds of JAX-WS make while they run; this one lacks what it needs for that.

    @XmlRootElement(name = "SubmitSurvey", namespace = NAMESPACE)
    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "SubmitSurvey", propOrder = {"uii", "answers"})
    public static class SubmitSurvey {
        public String uii;
        public Answers answers;
    }

    @XmlRootElement(name = "SubmitSurveyResponse", namespace = NAMESPACE)
    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "SubmitSurveyResponse")
    public static class SubmitSurveyResponse {
        public Summary summary;
    }

    @XmlRootElement(name = "FindParty", namespace = NAMESPACE)
    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "FindParty")
    public static class FindParty {
        public String phone;
    }

    @XmlRootElement(name = "FindPartyResponse", namespace = NAMESPACE)
    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "FindPartyResponse")
    public static class FindPartyResponse {
        public Party party;
    }

    @XmlRootElement(name = "Notify", namespace = NAMESPACE)
    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Notify")
    public static class Notify {
        public String text;
    }

    // --- what is done ---

    static Logged logCall(Session session, String uii, Timing timing, Party party, Strings tags) {
        say("LogCall", "session", session == null ? null : session.tenant + "/" + session.token,
            "party", party.getClass().getSimpleName(), "tags", String.join("|", tags.item),
            "durationSeconds", timing.durationSeconds);
        Logged logged = new Logged();
        logged.caseId = "C-" + uii;
        logged.timing = timing;
        logged.party = party;
        logged.tags = tags;
        return logged;
    }

    static Summary summarise(String uii, Answers answers) {
        Summary summary = new Summary();
        List<String> choices = new ArrayList<>();
        summary.questions.item = new ArrayList<>();
        for (Answer answer : answers.item) {
            summary.count++;
            summary.total += answer.score == null ? 0 : answer.score;
            summary.questions.item.add(answer.question);
            if (answer.choices != null) {
                choices.addAll(answer.choices);
            }
        }
        say("SubmitSurvey", "uii", uii, "choices", String.join("|", choices));
        return summary;
    }

    static Party find(String phone) throws NotFoundException {
        say("FindParty", "phone", phone);
        if (phone.equals("unknown")) {
            NotFound info = new NotFound();
            info.phone = phone;
            info.reason = "no <such> number";
            throw new NotFoundException("nobody has it", info);
        }
        Company company = new Company();
        company.name = "Acme & Söhne";
        company.phone = phone;
        company.taxId = "DE-17";
        company.branches = 3;
        return company;
    }

    // --- how it is called ---

    @WebService(name = "Contact", serviceName = "ContactService", targetNamespace = NAMESPACE)
    public static class Document {
        @WebMethod(operationName = "LogCall", action = NAMESPACE + "/LogCall")
        @SOAPBinding(parameterStyle = SOAPBinding.ParameterStyle.BARE)
        @WebResult(name = "LogCallResponse", targetNamespace = NAMESPACE, partName = "result")
        public Logged logCall(
            @WebParam(name = "LogCall", targetNamespace = NAMESPACE, partName = "body")
                LogCallRequest in,
            @WebParam(name = "Session", targetNamespace = NAMESPACE, header = true,
                partName = "session") Session session) {
            return ContactServer.logCall(session, in.uii, in.timing, in.party, in.tags);
        }

        @WebMethod(operationName = "SubmitSurvey", action = NAMESPACE + "/SubmitSurvey")
        @RequestWrapper(className = "contact.ContactServer$SubmitSurvey")
        @ResponseWrapper(className = "contact.ContactServer$SubmitSurveyResponse")
        @WebResult(name = "summary")
        public Summary submitSurvey(
            @WebParam(name = "uii") String uii, @WebParam(name = "answers") Answers answers) {
            return summarise(uii, answers);
        }

        @WebMethod(operationName = "FindParty", action = NAMESPACE + "/FindParty")
        @RequestWrapper(className = "contact.ContactServer$FindParty")
        @ResponseWrapper(className = "contact.ContactServer$FindPartyResponse")
        @WebResult(name = "party")
        public Party findParty(@WebParam(name = "phone") String phone) throws NotFoundException {
            return find(phone);
        }

        @WebMethod(operationName = "Notify", action = NAMESPACE + "/Notify")
        @RequestWrapper(className = "contact.ContactServer$Notify")
        @Oneway
        public void tell(@WebParam(name = "text") String text) {
            say("Notify", "text", text);
        }
    }

    // The reference implementation's own name of the binding; for the standard one it makes no WSDL.
    @WebService(name = "Contact", serviceName = "ContactService", targetNamespace = NAMESPACE)
    @BindingType("http://java.sun.com/xml/ns/jaxws/2003/05/soap/bindings/HTTP/")
    public static class Document12 extends Document {}

    @WebService(name = "Contact", serviceName = "ContactService", targetNamespace = NAMESPACE)
    @SOAPBinding(style = SOAPBinding.Style.RPC)
    public static class Rpc {
        @WebMethod(operationName = "LogCall", action = NAMESPACE + "/LogCall")
        @WebResult(partName = "logged")
        public Logged logCall(@WebParam(partName = "uii") String uii,
            @WebParam(partName = "timing") Timing timing,
            @WebParam(partName = "party") Party party, @WebParam(partName = "tags") Strings tags,
            @WebParam(name = "Session", targetNamespace = NAMESPACE, header = true,
                partName = "session") Session session) {
            return ContactServer.logCall(session, uii, timing, party, tags);
        }

        @WebMethod(operationName = "SubmitSurvey", action = NAMESPACE + "/SubmitSurvey")
        @WebResult(partName = "summary")
        public Summary submitSurvey(
            @WebParam(partName = "uii") String uii, @WebParam(partName = "answers") Answers answers) {
            return summarise(uii, answers);
        }

        @WebMethod(operationName = "FindParty", action = NAMESPACE + "/FindParty")
        @WebResult(partName = "party")
        public Party findParty(@WebParam(partName = "phone") String phone) throws NotFoundException {
            return find(phone);
        }

        @WebMethod(operationName = "Notify", action = NAMESPACE + "/Notify")
        @Oneway
        public void tell(@WebParam(partName = "text") String text) {
            say("Notify", "text", text);
        }
    }

    // --- lines of JSON ---

    static String quote(Object value) {
        if (value == null || value instanceof Integer) {
            return String.valueOf(value);
        }
        StringBuilder out = new StringBuilder("\"");
        for (char c : value.toString().toCharArray()) {
            out.append(c < ' ' || c == '"' || c == '\\' || c > '~' ? String.format("\\u%04x", (int) c)
                                                                  : String.valueOf(c));
        }
        return out.append('"').toString();
    }

    static synchronized void say(String operation, Object... pairs) {
        StringBuilder line = new StringBuilder("{\"operation\":" + quote(operation));
        for (int i = 0; i < pairs.length; i += 2) {
            line.append(',').append(quote(pairs[i])).append(':').append(quote(pairs[i + 1]));
        }
        System.out.println(line.append('}'));
    }

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        Endpoint.create(new Document()).publish(server.createContext("/document"));
        Endpoint.create(new Document12()).publish(server.createContext("/document12"));
        Endpoint.create(new Rpc()).publish(server.createContext("/rpc"));
        System.out.println("{\"port\":" + server.getAddress().getPort() + "}");
        while (System.in.read() >= 0) {
            continue;
        }
        System.exit(0);
    }
}
