import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Apache Avro for Java as an oracle of the differential test: the protocol of wire_driver.c. */
public final class JavaOracle {
    private static final int OK = 0;
    private static final int BAD_SCHEMA = -21; // as VF_ESCHEMA
    private static final int BAD_VALUE = -1;

    private final DataInputStream in =
        new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
    private final DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    private static Schema parse(byte[] json) {
        return new Schema.Parser().parse(new String(json, StandardCharsets.UTF_8));
    }

    private byte[] readBlob() throws IOException {
        byte[] blob = new byte[Integer.reverseBytes(in.readInt())];
        in.readFully(blob);
        return blob;
    }

    private void writeBlob(byte[] blob) throws IOException {
        out.writeInt(Integer.reverseBytes(blob.length));
        out.write(blob);
    }

    private void answer(int code, byte[] blob) throws IOException {
        out.writeInt(Integer.reverseBytes(code));
        writeBlob(blob);
    }

    private static byte[] message(Throwable error) {
        return String.valueOf(error).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] transcode(GenericDatumReader<Object> reader, GenericDatumWriter<Object> writer,
                             byte[] value) throws IOException {
        decoder = DecoderFactory.get().binaryDecoder(value, decoder);
        Object datum = reader.read(null, decoder);
        if (!decoder.isEnd()) {
            throw new IOException("bytes left over");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
        writer.write(datum, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    private void runCase() throws IOException {
        byte[] writerJson = readBlob();
        byte[] readerJson = readBlob();
        List<byte[]> values = new ArrayList<>();
        for (int n = Integer.reverseBytes(in.readInt()); n > 0; n--) {
            values.add(readBlob());
        }
        GenericDatumReader<Object> datumReader = null;
        GenericDatumWriter<Object> datumWriter = null;
        byte[] canonical = {};
        long fingerprint = 0;
        byte[] refusal = {};
        try {
            Schema writer = parse(writerJson);
            Schema reader = parse(readerJson);
            canonical = SchemaNormalization.toParsingForm(writer).getBytes(StandardCharsets.UTF_8);
            fingerprint = SchemaNormalization.parsingFingerprint64(writer);
            datumReader = new GenericDatumReader<>(writer, reader, new GenericData());
            datumWriter = new GenericDatumWriter<>(reader, new GenericData());
        } catch (RuntimeException | StackOverflowError error) {
            refusal = message(error);
        }
        writeBlob(canonical);
        out.writeLong(Long.reverseBytes(fingerprint));
        for (byte[] value : values) {
            if (datumWriter == null) {
                answer(BAD_SCHEMA, refusal);
                continue;
            }
            try {
                answer(OK, transcode(datumReader, datumWriter, value));
            } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError error) {
                answer(BAD_VALUE, message(error));
            }
        }
        out.flush();
    }

    public static void main(String[] args) throws IOException {
        JavaOracle oracle = new JavaOracle();
        try {
            for (;;) {
                oracle.runCase();
            }
        } catch (EOFException end) {
            // The test is over.
        }
    }
}
