/*
 * Copyright (C) the moderate authors
 */

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

import org.apache.commons.fileupload.FileItem;
import org.apache.commons.fileupload.FileUpload;
import org.apache.commons.fileupload.UploadContext;
import org.apache.commons.fileupload.disk.DiskFileItemFactory;


/**
 * Messages on standard input, on standard output a line of JSON for each: the
 * values that commons-fileupload and the JDK's own decoder of forms see, in
 * base64; see ../fields.c.
 */
public final class Reader {

    private static final String FORM = "application/x-www-form-urlencoded";

    /** What commons-fileupload asks of a request. */
    private record Request(String type, byte[] body)
            implements UploadContext {

        @Override public String getCharacterEncoding() {
            return null;
        }

        @Override public String getContentType() {
            return type;
        }

        @Override public int getContentLength() {
            return body.length;
        }

        @Override public long contentLength() {
            return body.length;
        }

        @Override public InputStream getInputStream() {
            return new ByteArrayInputStream(body);
        }
    }

    private Reader() {
    }

    public static void main(String[] args) throws IOException {
        DataInputStream in = new DataInputStream(System.in);

        while (true) {
            int types;

            try {
                types = in.readInt();
            } catch (EOFException e) {
                return;
            }

            byte[][] texts = { new byte[in.readInt()], new byte[in.readInt()],
                               new byte[in.readInt()] };

            for (byte[] text : texts) {
                in.readFully(text);
            }

            String type = types == 0 ? null
                : new String(texts[0], StandardCharsets.ISO_8859_1);

            System.out.println("{\"commons-fileupload\":"
                               + json(upload(type, texts[2]))
                               + ",\"java-urldecoder\":"
                               + json(form(type, texts[2])) + "}");
            System.out.flush();
        }
    }

    private static String json(List<byte[]> values) {
        if (values == null) {
            return "null";
        }

        return values.stream()
            .map(value -> '"' + Base64.getEncoder().encodeToString(value)
                          + '"')
            .collect(Collectors.joining(",", "[", "]"));
    }

    private static List<byte[]> upload(String type, byte[] body) {
        List<byte[]> found = new ArrayList<>();
        Request request = new Request(type, body);

        try {
            FileUpload upload = new FileUpload(
                new DiskFileItemFactory(1 << 26, null));

            for (FileItem item : upload.parseRequest(request)) {
                if (item.isFormField()) {
                    found.add(item.get());
                }
            }
        } catch (Exception e) {
            return null;
        }

        return found;
    }

    private static List<byte[]> form(String type, byte[] body) {
        List<byte[]> found = new ArrayList<>();

        if (type == null || !type.trim().toLowerCase().startsWith(FORM)) {
            return null;
        }

        for (String pair : new String(body, StandardCharsets.UTF_8)
                .split("&")) {
            int equals = pair.indexOf('=');

            if (equals == -1) {
                continue;
            }

            try {
                found.add(URLDecoder.decode(pair.substring(equals + 1),
                                            StandardCharsets.UTF_8)
                          .getBytes(StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                continue;       // as Tomcat, which passes over the pair
            }
        }

        return found;
    }
}
